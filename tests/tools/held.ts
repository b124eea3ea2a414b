/**
 * The part of the measured set that nobody looks at one by one: other sites, other people's way of speaking, schemas
 * of other shapes. Its requests were written before anything was tuned by its totals, and aren't changed after.
 */
import type { InstalledTool } from "../../core/tools/types.ts";
import { asks, does, idle, type MeasuredRequest } from "./request.ts";
import { device, number, oneOf, text, tool, whole } from "./site.ts";

const farm = [
  tool("irrigation.open_zone", "Waters a zone of the greenhouse for some minutes.", {
    zone: device({ z1: ["tomato beds"], z2: ["cucumber beds"], z3: ["seedling tables"] }),
    minutes: whole(1, 120),
  }),
  tool("irrigation.shut", "Shuts the water of a zone.", {
    zone: device({ z1: ["tomato beds"], z2: ["cucumber beds"], z3: ["seedling tables"] }),
  }),
  tool("vents.set", "Moves a roof vent to a position in percent.", {
    vent: device({ "vent-n": ["north vent"], "vent-s": ["south vent"] }),
    position: whole(0, 100),
  }),
  tool("grow_lights.power", "Switches grow lights.", {
    target: {
      type: "object",
      properties: {
        row: device({ r1: ["row 1", "first row"], r2: ["row 2", "second row"], r3: ["row 3", "third row"] }),
      },
      required: ["row"],
    },
    on: { type: "boolean" },
  }),
  tool("heater.target", "Sets the target temperature of the greenhouse.", { celsius: number(4, 35) }),
  tool("journal.write", "Writes an entry into the grower's journal.", {
    entry: { type: "string", maxLength: 300, description: "What is written down", "x-free-text": true },
  }),
  tool("climate.read", "Reads a climate sensor.", {
    sensor: device({ co2: ["CO2", "carbon dioxide"], rh: ["humidity"], soil: ["soil moisture"], lux: ["light level"] }),
  }, { readOnly: true }),
];

const flat = [
  tool("media.play", "Starts a radio station on a speaker.", {
    station: oneOf({ jazz: ["jazz radio"], news: ["news channel", "the news"], classical: ["classical music"] }),
    speaker: device({ s1: ["kitchen speaker"], s2: ["bathroom speaker"] }),
  }),
  tool("media.volume", "Sets the volume of a speaker from 0 to 10.", {
    speaker: device({ s1: ["kitchen speaker"], s2: ["bathroom speaker"] }),
    volume: whole(0, 10),
  }),
  tool("media.stop", "Stops what a speaker plays.", {
    speaker: device({ s1: ["kitchen speaker"], s2: ["bathroom speaker"] }),
  }),
  tool("lamps.set", "Turns lamps on or off.", {
    lamps: {
      type: "array",
      items: device({ desk: ["desk lamp"], bed: ["bedside lamp"], sofa: ["sofa lamp"], wc: ["toilet light"] }),
      minItems: 1,
    },
    power: oneOf(["on", "off"]),
  }),
  tool("oven.preheat", "Preheats the oven.", {
    celsius: whole(50, 250),
    "fan?": { type: "boolean", description: "with the fan, convection" },
  }),
  tool("alarm_clock.set", "Sets the alarm clock.", {
    time: { type: "string", pattern: "^\\d\\d:\\d\\d$", description: "When it rings" },
  }),
  tool("reminders.add", "Reminds you of something on a day.", {
    what: text("Of what"),
    day: { type: "string", format: "date" },
  }),
  tool("weather.today", "Tells today's weather.", {}, { readOnly: true }),
  tool("power.usage", "Tells how much electricity an appliance uses.", {
    appliance: device(["fridge", "dishwasher", "washing machine"]),
  }, { readOnly: true }),
];

const brewery = [
  tool("kettle.heat", "加热煮沸锅到设定温度", {
    kettle: device({ k1: ["一号煮沸锅", "1号锅"], k2: ["二号煮沸锅", "2号锅"] }),
    celsius: number(20, 105, { description: "摄氏度" }),
  }),
  tool("agitator.switch", "启动或停止搅拌机", {
    agitator: device({ m1: ["糖化搅拌机"], m2: ["发酵搅拌机"] }),
    action: oneOf({ start: ["启动"], stop: ["停止"] }),
  }),
  tool("valve.set", "打开或关闭阀门", {
    valve: device({ v1: ["进水阀"], v2: ["排水阀"], v3: ["蒸汽阀"] }),
    state: oneOf({ open: ["打开", "开"], closed: ["关闭", "关"] }),
  }),
  tool("cooler.speed", "设置冷却泵的转速", { rpm: whole(0, 2800, { description: "转速" }) }),
  tool("log.add", "在生产日志中添加记录", { entry: text("记录内容") }),
  tool("tank.read", "读取罐的液位或温度", {
    value: device({
      "t1.level": ["一号罐液位"],
      "t1.temp": ["一号罐温度"],
      "t2.level": ["二号罐液位"],
      "t2.temp": ["二号罐温度"],
    }),
  }, { readOnly: true }),
  tool("door.lock", "锁上或解锁一扇门", {
    door: device({ d1: ["仓库门"], d2: ["车间大门"] }),
    action: oneOf({ lock: ["锁上", "上锁"], unlock: ["解锁", "开锁"] }),
  }),
];

/** Sites of the held part. */
export const heldSites = { farm, flat, brewery } satisfies Record<string, readonly InstalledTool[]>;

/** See the file's comment. */
export const held: readonly MeasuredRequest<keyof typeof heldSites>[] = [
  does("farm", "Water the tomato beds for 20 minutes", ["irrigation.open_zone", { zone: "z1", minutes: 20 }]),
  does("farm", "give the cucumber beds ten minutes of water", ["irrigation.open_zone", { zone: "z2", minutes: 10 }]),
  does("farm", "shut the water at the seedling tables", ["irrigation.shut", { zone: "z3" }]),
  does("farm", "stop watering the tomato beds", ["irrigation.shut", { zone: "z1" }]),
  does("farm", "put the north vent to 40 percent", ["vents.set", { vent: "vent-n", position: 40 }]),
  does("farm", "South vent 15%", ["vents.set", { vent: "vent-s", position: 15 }]),
  does("farm", "turn on the grow lights in row 2", ["grow_lights.power", { target: { row: "r2" }, on: true }]),
  does("farm", "Grow lights of the third row off, please", ["grow_lights.power", { target: { row: "r3" }, on: false }]),
  does("farm", "set the greenhouse to 18.5 degrees", ["heater.target", { celsius: 18.5 }]),
  does("farm", "could you bring the heating up to twenty degrees?", ["heater.target", { celsius: 20 }]),
  does("farm", 'write in the journal "aphids on row 3"', ["journal.write", { entry: "aphids on row 3" }]),
  does("farm", "How high is the CO2?", ["climate.read", { sensor: "co2" }]),
  does("farm", "check the soil moisture", ["climate.read", { sensor: "soil" }]),
  does("farm", "what's the humidity right now", ["climate.read", { sensor: "rh" }]),
  does("farm", "Open the south vent to 60 and water the cucumber beds for 5 minutes", ["vents.set", {
    vent: "vent-s",
    position: 60,
  }], ["irrigation.open_zone", { zone: "z2", minutes: 5 }]),
  does("flat", "play jazz radio on the kitchen speaker", ["media.play", { station: "jazz", speaker: "s1" }]),
  does("flat", "I'd like to hear the news in the bathroom", ["media.play", { station: "news", speaker: "s2" }]),
  does("flat", "set the kitchen speaker to volume 4", ["media.volume", { speaker: "s1", volume: 4 }]),
  does("flat", "Bathroom speaker volume seven", ["media.volume", { speaker: "s2", volume: 7 }]),
  does("flat", "stop the bathroom speaker", ["media.stop", { speaker: "s2" }]),
  does("flat", "turn off the desk lamp", ["lamps.set", { lamps: ["desk"], power: "off" }]),
  does("flat", "switch the bedside lamp and the sofa lamp on", ["lamps.set", { lamps: ["bed", "sofa"], power: "on" }]),
  does("flat", "light in the loo on", ["lamps.set", { lamps: ["wc"], power: "on" }]),
  does("flat", "Preheat the oven to 180", ["oven.preheat", { celsius: 180 }]),
  does("flat", "heat the oven to 200 degrees with the fan", ["oven.preheat", { celsius: 200, fan: true }]),
  does("flat", "set the alarm clock to 06:45", ["alarm_clock.set", { time: "06:45" }]),
  does("flat", "Wake me with the alarm clock at 7:15", ["alarm_clock.set", { time: "07:15" }]),
  does("flat", "remind me to call the dentist on Tuesday", ["reminders.add", {
    what: "call the dentist",
    day: "2026-12-01",
  }]),
  does("flat", "what's the weather like today?", ["weather.today", {}]),
  does("flat", "How much electricity does the fridge use?", ["power.usage", { appliance: "fridge" }]),
  does("flat", "turn all lamps off", ["lamps.set", { lamps: ["desk", "bed", "sofa", "wc"], power: "off" }]),
  does("brewery", "把一号煮沸锅加热到98度", ["kettle.heat", { kettle: "k1", celsius: 98 }]),
  does("brewery", "2号锅加热到七十五度", ["kettle.heat", { kettle: "k2", celsius: 75 }]),
  does("brewery", "启动糖化搅拌机", ["agitator.switch", { agitator: "m1", action: "start" }]),
  does("brewery", "请停掉发酵搅拌机", ["agitator.switch", { agitator: "m2", action: "stop" }]),
  does("brewery", "打开进水阀", ["valve.set", { valve: "v1", state: "open" }]),
  does("brewery", "麻烦把蒸汽阀关一下", ["valve.set", { valve: "v3", state: "closed" }]),
  does("brewery", "冷却泵转速设为1500", ["cooler.speed", { rpm: 1500 }]),
  does("brewery", "将冷却泵调到两千转", ["cooler.speed", { rpm: 2000 }]),
  does("brewery", "在日志里记录“麦汁过滤完成”", ["log.add", { entry: "麦汁过滤完成" }]),
  does("brewery", "二号罐液位是多少", ["tank.read", { value: "t2.level" }]),
  does("brewery", "查一下一号罐的温度", ["tank.read", { value: "t1.temp" }]),
  does("brewery", "锁上仓库门", ["door.lock", { door: "d1", action: "lock" }]),
  does("brewery", "帮我解锁车间大门", ["door.lock", { door: "d2", action: "unlock" }]),
  does("brewery", "关闭进水阀并打开排水阀", ["valve.set", { valve: "v1", state: "closed" }], ["valve.set", {
    valve: "v2",
    state: "open",
  }]),
  does("brewery", "可以把排水阀打开吗？", ["valve.set", { valve: "v2", state: "open" }]),

  ...idle(
    "farm",
    "Don't water the tomato beds today",
    "Did you water the cucumber beds?",
    "close the west vent",
    "Should I open the south vent?",
    "The seedlings look great",
    "Switch on the sprinkler on the lawn",
    "Water the tomato beds tomorrow morning",
    "why are my tomatoes yellow?",
    "row 2 had mildew in spring",
  ),
  ...idle(
    "flat",
    "Please don't play the news on the kitchen speaker",
    "is the sofa lamp still on?",
    "turn on the television",
    "My desk lamp came from Denmark",
    "Can you explain how an oven works?",
    "When the washing machine is done, turn on the toilet light",
    "leave the bedside lamp on",
    "who sings this song?",
    "preheat the grill to 200",
    "good night",
    "I turned off the oven already",
    "turn down the living room speaker",
  ),
  ...idle(
    "brewery",
    "不要打开排水阀",
    "蒸汽阀关了没有？",
    "启动离心机",
    "一号煮沸锅去年换过",
    "什么是糖化？",
    "等温度到70度再停止搅拌机",
    "谢谢你",
    "仓库门是绿色的",
    "我应该关闭进水阀吗？",
    "打开冷凝阀",
    "先别启动发酵搅拌机",
  ),

  ...asks(
    "farm",
    "water the beds for 10 minutes",
    "open the vent to 30 percent",
    "turn on the grow lights",
    "set the north vent",
    "water the tomato beds",
    "set the greenhouse to 60 degrees",
  ),
  ...asks(
    "flat",
    "turn on the lamp",
    "set the volume to 3",
    "stop the speaker",
    "preheat the oven",
    "play jazz radio",
    "set the alarm clock",
  ),
  ...asks(
    "brewery",
    "启动搅拌机",
    "打开阀门",
    "锁门",
    "把锅加热到90度",
    "设置冷却泵的转速",
    "一号煮沸锅加热",
    "关掉搅拌机",
    "关阀门",
  ),
];
