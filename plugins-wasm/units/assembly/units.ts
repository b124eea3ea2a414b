/** Units of measure: what each measures, how many base units it is, and what people call it. */

export class Unit {
  constructor(
    readonly name: string,
    readonly measures: string,
    readonly factor: f64,
    readonly words: string,
    /** What is added before the factor: temperatures don't begin at one place. */
    readonly offset: f64 = 0,
  ) {}
}

/** Words stand as they are sought, split by commas. Factors are exact by definition, or to 15 digits. */
export const units: Unit[] = [
  new Unit("mm", "length", 0.001, "mm,millimetre,millimeter,毫米"),
  new Unit("cm", "length", 0.01, "cm,centimetre,centimeter,厘米"),
  new Unit("m", "length", 1, "m,metre,meter,米"),
  new Unit("km", "length", 1000, "km,kilometre,kilometer,公里,千米"),
  new Unit("in", "length", 0.0254, "inch,inches,英寸"),
  new Unit("ft", "length", 0.3048, "ft,foot,feet,英尺"),
  new Unit("yd", "length", 0.9144, "yd,yard,码"),
  new Unit("mi", "length", 1609.344, "mile,miles,英里"),
  new Unit("nmi", "length", 1852, "nmi,nautical mile,海里"),
  new Unit("mg", "mass", 0.000001, "mg,milligram,毫克"),
  new Unit("g", "mass", 0.001, "g,gram,克"),
  new Unit("kg", "mass", 1, "kg,kilogram,kilo,公斤,千克"),
  new Unit("t", "mass", 1000, "t,ton,tonne,吨"),
  new Unit("oz", "mass", 0.028349523125, "oz,ounce,盎司"),
  new Unit("lb", "mass", 0.45359237, "lb,pound,磅"),
  new Unit("jin", "mass", 0.5, "jin,斤"),
  new Unit("C", "temperature", 1, "c,celsius,°c,摄氏,摄氏度", 273.15),
  new Unit("F", "temperature", 0.5555555555555556, "f,fahrenheit,°f,华氏,华氏度", 459.67),
  new Unit("K", "temperature", 1, "k,kelvin,开尔文"),
  new Unit("Pa", "pressure", 1, "pa,pascal,帕"),
  new Unit("kPa", "pressure", 1000, "kpa,千帕"),
  new Unit("MPa", "pressure", 1000000, "mpa,兆帕"),
  new Unit("mbar", "pressure", 100, "mbar,millibar,毫巴"),
  new Unit("bar", "pressure", 100000, "bar,巴"),
  new Unit("atm", "pressure", 101325, "atm,atmosphere,大气压"),
  new Unit("psi", "pressure", 6894.75729316836, "psi"),
  new Unit("ml", "volume", 0.001, "ml,millilitre,milliliter,毫升"),
  new Unit("l", "volume", 1, "l,litre,liter,升"),
  new Unit("m3", "volume", 1000, "m3,cubic metre,cubic meter,立方米,方"),
  new Unit("gal", "volume", 3.785411784, "gal,gallon,加仑"),
  new Unit("m2", "area", 1, "m2,square metre,square meter,平方米,平米"),
  new Unit("mu", "area", 666.666666666667, "mu,亩"),
  new Unit("ha", "area", 10000, "ha,hectare,公顷"),
  new Unit("km2", "area", 1000000, "km2,square kilometre,平方公里"),
  new Unit("acre", "area", 4046.8564224, "acre,英亩"),
  new Unit("m/s", "speed", 1, "m/s,metres a second,米每秒"),
  new Unit("km/h", "speed", 0.277777777777778, "km/h,kmh,kilometres an hour,公里每小时,时速"),
  new Unit("mph", "speed", 0.44704, "mph,miles an hour,英里每小时"),
  new Unit("kn", "speed", 0.514444444444444, "kn,knot,节"),
  new Unit("W", "power", 1, "w,watt,瓦"),
  new Unit("kW", "power", 1000, "kw,kilowatt,千瓦"),
  new Unit("MW", "power", 1000000, "mw,megawatt,兆瓦"),
  new Unit("hp", "power", 745.69987158227, "hp,horsepower,马力"),
  new Unit("J", "energy", 1, "j,joule,焦"),
  new Unit("kJ", "energy", 1000, "kj,千焦"),
  new Unit("kcal", "energy", 4184, "kcal,kilocalorie,大卡,千卡"),
  new Unit("kWh", "energy", 3600000, "kwh,kilowatt hour,千瓦时,度电"),
  new Unit("s", "time", 1, "s,second,秒"),
  new Unit("min", "time", 60, "min,minute,分钟"),
  new Unit("h", "time", 3600, "h,hour,小时"),
  new Unit("d", "time", 86400, "d,day,天"),
  new Unit("week", "time", 604800, "week,周,星期"),
  new Unit("kB", "data", 1000, "kb,kilobyte"),
  new Unit("MB", "data", 1000000, "mb,megabyte,兆"),
  new Unit("GB", "data", 1000000000, "gb,gigabyte"),
  new Unit("KiB", "data", 1024, "kib,kibibyte"),
  new Unit("MiB", "data", 1048576, "mib,mebibyte"),
  new Unit("GiB", "data", 1073741824, "gib,gibibyte"),
];

export function unitOf(name: string): Unit | null {
  for (let index = 0; index < units.length; index++) if (units[index].name == name) return units[index];
  return null;
}

/** Of what both measure. */
export function converted(value: f64, from: Unit, to: Unit): f64 {
  return rounded((value + from.offset) * from.factor / to.factor - to.offset);
}

/** To 12 digits: what the factors are good for. */
export function rounded(value: f64): f64 {
  if (value == 0 || !isFinite(value)) return value;
  const places = 11 - <i32>Math.floor(Math.log10(Math.abs(value)));
  if (places > 300 || places < -300) return value;
  const scale = Math.pow(10, abs(places));
  return places > 0 ? Math.round(value * scale) / scale : Math.round(value / scale) * scale;
}
