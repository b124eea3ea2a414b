/**
 * The configuration's descriptions in Chinese, by path, as a written configuration shows them. The English ones stand in
 * the schema itself; what isn't here is shown in English.
 */
export const configZh: Readonly<Record<string, string>> = {
  "protocol": "人们在哪里与助手对话：每种协议一节。密钥可以直接写，也可以写 file:PATH 或 env:NAME。",
  "storage": "消息保存在哪里。",
  "storage.type": "数据库的种类。",
  "storage.path": "数据库文件。不写则为数据文件夹中的 clawdbot.db。",
  "objects": "人们发来的文件保存在哪里；加密保存。",
  "objects.type": "本机的一个文件夹。",
  "objects.path": "文件夹。不写则为数据文件夹中的 objects。",
  "objects.file_max": "接收的文件最大多大。",
  "model": "回答问题的模型。",
  "model.name": "`clawdbot model list` 列出的一个模型。不能与 path 同时写。",
  "model.path": "一个 GGUF 文件。不能与 name 同时写。",
  "model.server": "改由一台兼容 OpenAI 的服务器回答。不能与 name 或 path 同时写。",
  "model.embedding":
    "把文本变成向量的模型：`clawdbot model list` 中的一个，或一个 GGUF 文件。它有自己的进程，最多占 1 GB。",
  "model.memory_limit":
    "本机所有模型合计最多占用的内存，例如 “3 GB”；内存不够时，卸载最久未用的模型。不写则为本机内存的四分之三。",
  "model.keep_alive": "不用的模型在内存里保留多久：ms、s、min、h 或 d。",
  "model.context": "一个会话最多多少个 token，提示和回答合计。不写则按模型和内存决定。",
  "model.threads": "计算用的线程数。不写则按空闲的核心调整。",
  "web": "网页和 API。",
  "web.listen": "地址和端口。其他机器能访问的地址需要 tls，或写明 insecure: true。",
  "web.names": "人们用来打开网页的名称，例如 assistant.plant.local；其他名称会被拒绝。",
  "web.insecure": "不用 TLS 为其他机器服务：网络上的任何人都可能读到内容。",
  "web.tls": "提供 HTTPS。",
  "access": "谁可以做什么。拒绝优先于询问，询问优先于允许；没有规则允许的一律拒绝。",
  "access.owner_name": "管理员的称呼，直到有人改名。",
  "access.roles": "本站点自己的角色。",
  "access.bindings": "每个角色给谁：local、owner、everyone，或写成 channel:account 的账号。",
  "access.rules": "本站点自己的规则。",
  "access.unknown": "陌生人直接来信时得到什么：pair 是配对码，由管理员用它放行；silent 是什么也没有。",
  "session": "哪些内容属于同一个会话。",
  "session.scope":
    "一个人直接说的话接在哪里：person 是在所有渠道上的同一个会话，conversation 是每处聊天各自一个。群组总是各自一个。",
  "security": "保护措施。",
  "security.offline": "收回所有进程对本机以外网络的权限。",
  "security.at_rest": "对所存内容的加密。密钥文件不写则为用户配置文件夹中的 clawdbot/key。",
  "log": "程序自己的日志，写到标准错误和数据文件夹的 logs/。",
  "log.level": "至少多重要才记录。",
  "log.max_size": "一个日志文件写到多大就换下一个。",
  "log.max_age": "日志保留多久：ms、s、min、h 或 d。",
  "log.files": "保留多少个文件。",
};
