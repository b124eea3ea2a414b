import type { Text } from "./mod.ts";

/** 简体中文。 */
export const zhCn: Text = {
  turn: {
    "engine-crashed": () => "模型多次意外停止,这个问题没有得到回答。请再问一次。",
    "engine-hung": () => "模型未在限定时间内回答,已重新启动。请再问一次。",
    "engine-refused": (reason) => `模型无法使用:${reason}`,
    "overflow": () => "这条消息对模型来说太长。请缩短,或分成几段。",
    "interrupted": () => "回答被中断了三次,这个问题没有得到回答。请再问一次。",
    "internal": () => "助手内部出错。问题已保存。请再问一次。",
    stopped: "已停止。",
    empty: "模型没有给出回答。",
  },
  intake: {
    tooLong: (characters, charactersMax) => `消息有 ${characters} 个字符,最多接受 ${charactersMax} 个`,
    empty: "消息是空的",
    unknown: "这里不认识这个账号,请联系管理员关联",
    notYours: "这个会话不属于你,或不存在",
  },
  cli: {},
  models: {},
  web: {},
};
