import type { InstalledTool } from "../../core/tools/types.ts";
import { device, number, oneOf, text, tool, whole } from "./site.ts";

const home = [
  tool("lights.switch", "Switches a lamp on or off.", {
    lamp: device({
      "light.kitchen_ceiling": ["kitchen ceiling light", "kitchen light"],
      "light.living_lamp": ["living room floor lamp", "floor lamp"],
      "light.living_spots": ["living room spots", "spotlights"],
      "light.bedroom": ["bedroom lamp"],
      "light.kids": ["children's room lamp", "kids' lamp"],
      "light.hall": ["hallway light"],
      "light.porch": ["porch light"],
    }),
    state: oneOf(["on", "off"]),
  }, { examples: [{ say: "hall light off", arguments: { lamp: "light.hall", state: "off" } }] }),
  tool("lights.dim", "Sets the brightness of a lamp in percent.", {
    lamp: device({
      "light.kitchen_ceiling": ["kitchen ceiling light", "kitchen light"],
      "light.living_lamp": ["living room floor lamp", "floor lamp"],
      "light.bedroom": ["bedroom lamp"],
    }),
    percent: whole(1, 100),
  }),
  tool("climate.set", "Sets the target temperature of a room's thermostat.", {
    room: device({ bath: ["bathroom"], living: ["living room"], office: ["study", "home office"] }),
    celsius: number(5, 30),
  }),
  tool("blinds.move", "Opens or closes the blinds of a window.", {
    blind: device({
      b1: ["kitchen blinds"],
      b2: ["bedroom blinds"],
      b3: ["living room blinds", "lounge blinds"],
    }),
    action: oneOf(["open", "close", "stop"]),
  }),
  tool("locks.set", "Locks or unlocks a door.", {
    door: device({ front: ["front door"], back: ["back door", "garden door"], garage: ["garage door"] }),
    action: oneOf(["lock", "unlock"]),
  }),
  tool("vacuum.control", "Controls the robot vacuum.", {
    action: oneOf({ start: [], pause: [], dock: ["return to base"] }),
  }),
  tool("timer.start", "Starts a kitchen timer.", { minutes: number(1, 600) }),
  tool("shopping.add", "Puts something on the shopping list.", { item: text("What to buy") }),
  tool("sensors.read", "Reads what a sensor measures.", {
    sensor: device({
      "t.out": ["outside temperature", "outdoor temperature"],
      "t.bath": ["bathroom temperature"],
      "h.cellar": ["cellar humidity"],
    }),
  }, { readOnly: true }),
];

const plant = [
  tool("pump.start", "Starts a pump.", {
    pump: device({ "pump-7": ["pump 7", "泵7"], "pump-8": ["pump 8"], "pump-12": ["pump 12", "cooling pump"] }),
  }),
  tool("pump.stop", "Stops a pump.", {
    pump: device({ "pump-7": ["pump 7", "泵7"], "pump-8": ["pump 8"], "pump-12": ["pump 12", "cooling pump"] }),
  }, {
    examples: [{ say: "halt pump 8", arguments: { pump: "pump-8" } }],
  }),
  tool("pump.set_speed", "Sets the speed of a pump in rpm.", {
    pump: device({ "pump-7": ["pump 7"], "pump-8": ["pump 8"], "pump-12": ["pump 12", "cooling pump"] }),
    rpm: whole(0, 3000),
  }),
  tool("valve.move", "Opens or closes a valve.", {
    valve: device({ "V-101": ["inlet valve"], "V-102": ["outlet valve"], "V-205": ["steam valve"] }),
    position: oneOf(["open", "closed"]),
  }),
  tool("boiler.setpoint", "Sets the target pressure of the boiler in bar.", { bar: number(0.5, 12) }),
  tool("conveyor.run", "Starts or stops a conveyor belt.", {
    line: device({ c1: ["packing line"], c2: ["sorting line"] }),
    action: oneOf(["start", "stop"]),
  }),
  tool("alarm.acknowledge", "Acknowledges an alarm by its code.", {
    code: text("Code of the alarm", { pattern: "^[A-Z]\\d{3}$" }),
  }),
  tool("tags.read", "Reads the present value of a tag of the plant.", {
    tag: device({
      "boiler.pressure": ["boiler pressure"],
      "tank1.level": ["level of tank 1", "tank 1 level"],
      "tank2.level": ["level of tank 2", "tank 2 level"],
      "pump-7.speed": ["speed of pump 7"],
    }),
  }, { readOnly: true }),
];

const office = [
  tool("rooms.book", "Books a meeting room.", {
    room: oneOf(["Berlin", "Tokyo", "Lagos"]),
    date: { type: "string", format: "date" },
    "minutes?": whole(15, 480, { description: "How many minutes" }),
  }),
  tool("mail.send", "Sends a short message to a colleague.", {
    to: oneOf(["Anna", "Bernd", "Chen Wei", "Dora"]),
    message: { type: "string", maxLength: 200, description: "What is written", "x-free-text": true },
  }),
  tool("tickets.create", "Opens a ticket for the help desk.", {
    title: text("What is wrong"),
    "priority?": oneOf(["low", "normal", "urgent"]),
  }),
  tool("printer.print", "Prints a document some times.", {
    document: oneOf({
      agenda: ["the agenda"],
      "floor-plan": ["floor plan"],
      "visitor-badge": ["visitor badge", "badge"],
    }),
    copies: whole(1, 50),
    "duplex?": {
      type: "boolean",
      description: "on both sides, double-sided",
      "x-words": { true: ["double-sided", "both sides"], false: ["single-sided", "one side"] },
    },
  }),
  tool("units.convert", "Converts a length from one unit to another.", {
    value: { type: "number" },
    from: oneOf({ m: ["metres", "meters"], km: ["kilometres", "kilometers"], mi: ["miles"], ft: ["feet"] }),
    to: oneOf({ m: ["metres", "meters"], km: ["kilometres", "kilometers"], mi: ["miles"], ft: ["feet"] }),
  }, { readOnly: true }),
  tool("directory.find", "Finds the telephone number of a colleague.", {
    person: oneOf(["Anna", "Bernd", "Chen Wei", "Dora"]),
  }, {
    readOnly: true,
  }),
];

const homeZh = [
  tool("lights.switch", "打开或关闭一盏灯", {
    lamp: device({
      l1: ["客厅吊灯"],
      l2: ["客厅落地灯", "落地灯"],
      l3: ["卧室灯"],
      l4: ["厨房灯"],
      l5: ["阳台灯"],
    }),
    state: oneOf({ on: ["开"], off: ["关"] }),
  }, { examples: [{ say: "阳台灯关一下", arguments: { lamp: "l5", state: "off" } }] }),
  tool("aircon.set", "设置空调的温度", {
    room: device({ a1: ["客厅空调", "客厅"], a2: ["主卧空调", "主卧"], a3: ["书房空调", "书房"] }),
    celsius: whole(16, 30, { description: "摄氏度" }),
  }),
  tool("curtains.move", "打开或关闭窗帘", {
    curtain: device({ c1: ["客厅窗帘"], c2: ["卧室窗帘"] }),
    action: oneOf({ open: ["打开", "拉开"], close: ["关闭", "拉上", "关上"] }),
  }),
  tool("vacuum.control", "控制扫地机器人", {
    action: oneOf({ start: ["开始打扫", "扫地"], pause: ["暂停"], dock: ["回去充电", "回充"] }),
  }),
  tool("timer.start", "开始倒计时，单位分钟", { minutes: whole(1, 300, { description: "分钟" }) }),
  tool("shopping.add", "把东西加到购物清单", { item: text("要买的东西") }),
  tool("sensors.read", "读取传感器", {
    sensor: device({ s1: ["室外温度", "外面温度"], s2: ["卧室湿度"], s3: ["空气质量"] }),
  }, { readOnly: true }),
];

const hotel = [
  tool("scenes.activate", "Brings a hall into a scene.", {
    hall: device({ h1: ["ballroom"], h2: ["breakfast room"], h3: ["lobby"] }),
    scene: oneOf({ dinner: [], cinema: ["movie"], bright: ["cleaning"] }),
  }),
  tool("fans.switch", "Switches fans.", {
    fans: {
      type: "array",
      items: device({ f1: ["ballroom fan"], f2: ["kitchen fan"], f3: ["cellar fan"] }),
      minItems: 1,
    },
    on: { type: "boolean" },
  }),
  tool("wake_up.call", "Arranges a wake-up call for a guest room.", {
    room: whole(100, 499, { description: "Number of the guest room" }),
    time: { type: "string", pattern: "^\\d\\d:\\d\\d$", description: "At what time" },
  }),
  tool("tasks.add", "Gives housekeeping a task for a day.", {
    task: text("What is to be done"),
    date: { type: "string", format: "date" },
    "urgent?": { type: "boolean", description: "urgent" },
  }),
  tool("pool.heat", "Sets the temperature of the pool.", {
    target: { type: "object", properties: { celsius: number(18, 34) }, required: ["celsius"] },
  }),
  tool("shuttle.order", "Orders the shuttle bus for some guests.", {
    guests: whole(1, 16),
    "to?": oneOf(["airport", "station"]),
  }),
  tool("bookings.count", "Tells how many rooms are booked.", {}, { readOnly: true }),
  tool("minibar.stock", "Tells the stock of a drink.", { drink: oneOf(["mineral water", "apple juice", "beer"]) }, {
    readOnly: true,
  }),
];

const officeZh = [
  tool("rooms.book", "预订会议室", {
    room: oneOf(["长江厅", "黄河厅", "泰山厅"]),
    date: { type: "string", format: "date" },
  }),
  tool("mail.send", "给同事发送消息", {
    to: oneOf(["李雷", "韩梅梅", "王芳"]),
    message: { type: "string", maxLength: 200, description: "内容", "x-free-text": true },
  }),
  tool("printer.print", "打印文件", {
    document: oneOf(["会议纪要", "报价单"]),
    copies: whole(1, 50, { description: "份数" }),
  }),
  tool("projector.power", "打开或关闭投影仪", {
    projector: device({ p1: ["长江厅投影仪"], p2: ["黄河厅投影仪"] }),
    on: { type: "boolean" },
  }),
  tool("heating.set", "设置办公室的温度", { celsius: number(16, 28, { description: "摄氏度" }) }),
  tool("stock.query", "查询办公用品的库存", { item: oneOf(["打印纸", "签字笔", "文件夹"]) }, { readOnly: true }),
];

/** The sites of the part that is looked at while tuning. */
export const sites = { home, plant, office, homeZh, hotel, officeZh } satisfies Record<
  string,
  readonly InstalledTool[]
>;
