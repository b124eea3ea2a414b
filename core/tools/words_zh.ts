import type { Words } from "./words.ts";

const list = (text: string) => text.split(/[\s、]+/).filter((word) => word !== "");

const digits = new Map(Array.from("零一二三四五六七八九", (character, index) => [character, index] as const));
digits.set("〇", 0).set("两", 2);

/** Chinese, in the simplified script. */
export const wordsZh: Words = {
  language: "zh",
  empty: new Set(
    "的了吧吗呢啊呀哦嘛请麻烦帮我你您他她它们把将给让被和与跟在到去来那这个些点下一就都也还再又很太得地着过要想需能可以会该应是有没不什么怎谁哪几多少为何台只条盏扇块张号位次份杯本套遍间支瓶袋盒现时候"
      .split(""),
  ),
  meanings: [
    {
      name: "on",
      phrases: list("打开 开启 启动 开动 开一下 开 接通 激活 启用 运行 开始 恢复 点亮 唤醒 亮"),
      against: "off",
    },
    {
      name: "off",
      phrases: list("关闭 关掉 关上 关了 关一下 关 停止 停掉 停下 停 熄灭 熄 断开 禁用 停用 停机 结束"),
      against: "on",
    },
    { name: "open", phrases: list("打开 开 拉开 敞开"), against: "close" },
    { name: "close", phrases: list("关闭 关上 关 合上 拉上 关掉"), against: "open" },
    { name: "lock", phrases: list("锁上 锁好 锁住 上锁 锁定 锁"), against: "unlock" },
    { name: "unlock", phrases: list("解锁 开锁 打开 打开锁"), against: "lock" },
    { name: "up", phrases: list("调高 升高 提高 增加 升起 加大 调亮 加快 升上 调大 上升 往上"), against: "down" },
    { name: "down", phrases: list("调低 降低 减少 降下 减小 调暗 减慢 放下 调小 下降 往下"), against: "up" },
    { name: "pause", phrases: list("暂停 挂起") },
    { name: "dock", phrases: list("回充 返回 回去 回基站 回家 充电 回座") },
    { name: "add", phrases: list("添加 加入 加上 加到 增加 记下 记录 加 放进 写上 列入"), against: "remove" },
    { name: "remove", phrases: list("删除 删掉 移除 去掉 取消 清除 划掉"), against: "add" },
    { name: "send", phrases: list("发送 发给 发 寄 通知 告诉 写信 转发 发邮件 发消息") },
    { name: "book", phrases: list("预订 预定 订 预约 安排 订下") },
    { name: "create", phrases: list("创建 新建 建立 建 提交 登记 生成 报 开一张 开个 写 制作") },
    {
      name: "set",
      phrases: list(
        "设置 设为 设成 设定 设到 调到 调成 调为 改成 改为 调整 调至 设 定为 定在 变成 换成 开到 调 降到 升到",
      ),
    },
    { name: "move", phrases: list("移动 移到 开到 移 搬到") },
    { name: "show", phrases: list("查看 显示 读取 看看 查一下 查 告诉我 列出 看一下 读 检查 查询 多少") },
    { name: "print", phrases: list("打印 印") },
    { name: "play", phrases: list("播放 放") },
    { name: "mute", phrases: list("静音") },
    { name: "convert", phrases: list("换算 转换 换成 转成 换算成 等于多少 是多少") },
    { name: "compute", phrases: list("计算 算一下 算 求 等于多少 等于 是多少") },
    { name: "search", phrases: list("搜索 查找 找 搜") },
    { name: "order", phrases: list("购买 买 订购") },
    { name: "reset", phrases: list("复位 重置 确认 清除") },
    { name: "clean", phrases: list("清扫 打扫 清洁 清洗 扫地 吸尘 扫") },
    { name: "water", phrases: list("浇水 灌溉 浇 喷水") },
    { name: "heat", phrases: list("加热 制热 升温 预热 烧热") },
    { name: "cool", phrases: list("冷却 降温 制冷") },
    { name: "remind", phrases: list("提醒") },
  ],
  same: [
    "灯 电灯 灯光",
    "电视 电视机",
    "空调 冷气",
    "窗帘 帘子",
    "温度 气温 室温",
    "泵 水泵",
    "卧室 睡房",
    "客厅 起居室",
    "卫生间 洗手间 厕所 浴室",
    "邮件 邮箱 电邮",
    "会议室 会议",
    "转速 速度",
    "阀 阀门",
    "传送带 输送带 皮带",
    "扫地机 扫地机器人 扫地机器",
  ].map((group) => group.split(" ")),
  units: {
    celsius: list("摄氏度 度 ℃ °c"),
    fahrenheit: list("华氏度 ℉ °f"),
    percent: list("% 百分"),
    second: list("秒钟 秒"),
    minute: list("分钟"),
    hour: list("小时 个小时 钟头"),
    day: list("天"),
    rpm: list("转每分钟 转/分 转每分 rpm 转"),
    hertz: list("赫兹 hz"),
    bar: list("巴 bar"),
    kilopascal: list("千帕 kpa"),
    metre: list("米"),
    kilometre: list("公里 千米"),
    mile: list("英里"),
    foot: list("英尺"),
    inch: list("英寸"),
    centimetre: list("厘米"),
    litre: list("升"),
    gallon: list("加仑"),
    kilogram: list("公斤 千克"),
    gram: list("克"),
    pound: list("磅"),
    euro: list("欧元"),
    dollar: list("美元 美金"),
  },
  numeral:
    /百分之[零〇一二两三四五六七八九十百]+|(?<![第])[零〇一二两三四五六七八九十百千万]+(?:点[零〇一二三四五六七八九]+)?/g,
  numeralValue(text) {
    const spoken = text.replace(/^百分之/, "");
    const [whole = "", fraction] = spoken.split("点");
    if (/^[零〇一二三四五六七八九]{2,}$/.test(whole)) {
      return Number(Array.from(whole, (one) => digits.get(one)).join(""));
    }
    let [total, part, digit] = [0, 0, 0];
    for (const character of whole) {
      const value = digits.get(character);
      if (value !== undefined) digit = value;
      else if (character === "万") [total, part, digit] = [(total + part + digit) * 10_000, 0, 0];
      else {
        part += (digit === 0 ? 1 : digit) * ({ 十: 10, 百: 100, 千: 1_000 } as Record<string, number>)[character]!;
        digit = 0;
      }
    }
    const value = total + part + digit;
    return fraction === undefined
      ? value
      : Number(`${value}.${Array.from(fraction, (one) => digits.get(one)).join("")}`);
  },
  negation:
    /(?<!要)不要(?!紧)|(?<![特分区级个告离性类])别(?![墅处的人名样忘])|不用|不必|不想|不许|不准|不能(?!不)(?!.*[吗?？])|不可以(?!.*[吗?？])|勿|禁止|无需|先不|不需要|没必要|算了|保持|停止打扰/,
  question:
    /[?？]\s*$|[吗呢么]\s*[。.!！]?\s*$|什么|怎么|怎样|为什么|为何|多少|几[度点个台分天小号次]|哪[个里些台儿]|谁|是不是|有没有|是否|能不能|可不可以|要不要|多[大高久长远快热冷]|[开关亮停锁]没|了没/,
  polite: /(?:能不能|可不可以|可以|能否|能|麻烦|请|好吗|行吗|可以吗|好不好).*|帮(?:我|忙|一下|个忙)|给我/,
  surelyQuestion:
    /了(?:吗|没)|着(?:吗|呢)|什么|怎么|为什么|多少|几[度点个台分天小号次]|哪|谁|是不是|有没有|是否|多[大高久长远快热冷]|(?:我|我们)(?:可以|能|要不要|该|应该|是不是).*[吗?？]|知道|如果.*会|会不会|(?<!好|行|可以)吗.*为/,
  statement:
    /^(?!.*(?:请(?!假)|帮我|麻烦|我要|我想|给我|把)).*(?:昨天|昨晚|刚才|刚刚|已经|上周|上个月|去年|前天|今早|曾经).*(?:了|过|的)|^(?!.*(?:请|帮我|麻烦|我要|我想|给我|把))(?:我|他|她|它|我们|他们|今天|昨天|刚才|这|那|外面|家里).*(?:是|了|很|太|真|有|在|过)|^(?!.*(?:请|帮我|麻烦|我要|我想|给我|把)).*(?:坏了|很(?:好|漂亮|亮|暗|热|冷|吵|贵|旧|新|大|小)|真(?:好|漂亮|吵|不错)|不错|已经.*了|正在|挺|是.*的$)/,
  finite: /(?!)/,
  lead: /^(?:请|麻烦你?|帮我|帮忙|能不能|可以|现在|马上|立刻|先|再|然后|并且?|同时)*/,
  clause: /[，,。；;！!]\s*|然后|所以/,
  schedule:
    /明天|后天|今晚|明早|明晚|晚上|早上|上午|下午|中午|凌晨|傍晚|稍后|待会儿?|等会儿?|过一会|一会儿?|下(?:周|个月|星期)|(?:周|星期|礼拜)[一二三四五六日天]|每(?:天|晚|早|周|小时|次|个|月|年|隔)|[0-9一二三四五六七八九十两]+点(?:钟|半|[0-9一二三四五六七八九十]+分)?(?![0-9零一二三四五六七八九]*[度%])|\d{1,2}[:：]\d\d|[0-9一二三四五六七八九十两半]+个?(?:分钟|小时|秒钟?|天)(?:之?后|以后)|之后|以后|如果|要是|假如|一旦|的时候|等.{1,12}(?:再|后|就|时)|当.{1,12}时|到.{1,8}时候|直到|之前/,
  condition: /如果|要是|假如|一旦|的时候|等.{1,12}(?:再|后|就|时)|当.{1,12}时|每(?:天|晚|早|周|小时|次|隔|月|年)|直到/,
  join: /然后|接着|并且|并|同时|再(?!次)|和|与|跟|以及|还有|顺便|也|[，,；;、]/g,
  every: /所有|全部|全都|都|每个|每台|每一|两个|两台|一切/,
  except: /除了|除|以外|之外/,
  pointing: /它们?|那个|这个|那台|这台|那盏|这盏|那里|这里|那扇|这扇/,
  relative:
    /(?:调高|调低|升高|降低|提高|增加|减少|加大|减小|调亮|调暗|加快|减慢)(?:了)?\s*(?:百分之)?[0-9零一二两三四五六七八九十]+|再?(?:高|低|快|慢|亮|暗|热|冷|大|小)\s*(?:一?点|一?些|[0-9一二两三四五六七八九十]+\s*[度%转])|[0-9一二两三四五六七八九十]+度?(?:左右)?(?:更|多)/,
  edge: /^[把将给请帮的了吧吗呢到在和与]$/,
  yes: /^(?:是|是的|对|对的|好|好的|可以|行|确认|确定|没错|嗯|要|执行|同意|请做)[吧啊的呀了]?[。.!！]*$/,
  no: /^(?:不|不是|不用|不用了|不要|不要了|别|算了|取消|不行|停|都不是|不对)[吧啊的呀了]?[。.!！]*$/,
  days: {
    "今天": 0,
    "今晚": 0,
    "明天": 1,
    "明早": 1,
    "明晚": 1,
    "后天": 2,
    "大后天": 3,
    ...Object.fromEntries(
      ["周", "星期", "礼拜"].flatMap((week) =>
        Array.from("日一二三四五六天", (name, index) => [`${week}${name}`, { weekday: index % 7 }])
      ),
    ),
  },
  flags: { yes: list("是 开 打开 启用 要"), no: list("否 关 关闭 禁用 不要") },
};
