import type { Words } from "./words.ts";

const set = (text: string) => new Set(text.split(/\s+/).filter((word) => word !== ""));
const list = (text: string) => text.split(",").map((phrase) => phrase.trim());

const ones = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen " +
  "seventeen eighteen nineteen";
const tens = "twenty thirty forty fifty sixty seventy eighty ninety";
const values = new Map([
  ...ones.split(" ").map((word, index) => [word, index] as const),
  ...tens.split(" ").map((word, index) => [word, 20 + 10 * index] as const),
]);
const one = ones.split(" ").slice(1).join("|");
const ten = tens.split(" ").join("|");
const below100 = `(?:(?:${ten})(?:[- ](?:${one}))?|${one}|zero)`;

/** English. */
export const wordsEn: Words = {
  language: "en",
  empty: set(
    `a an the this that these those it its them they he she i me my mine we us our you your please kindly thanks
    thank hey hi hello ok okay can could would will shall should may might must do does did done be is are was were been
    am have has had to of in on at by for from with into onto over under up down out off and or but so as if then than
    now just right away immediately quickly again also too there here some any all every each both bit little lot
    what which who whom whose when where why how not no yes get let make go want need like gonna wanna lets assistant
    clawdbot thing things stuff one ones someone somebody something everything everyone only really very still yet
    about before after until till while during around near via per other another same s t d m re ve ll don didn doesn
    won isn aren wasn put set give take use using currently today tonight well sure maybe degree degrees mind`,
  ),
  meanings: [
    {
      name: "on",
      phrases: list(
        `turn on, turn … on, switch on, switch … on, power on, power … on, power up, put on, put … on, start, start up,
        activate, enable, launch, boot, fire up, light up, run, on, resume, engage, restart, begin, wake, wake up, kick off,
        get … going, bring … online`,
      ),
      against: "off",
    },
    {
      name: "off",
      phrases: list(
        `turn off, turn … off, switch off, switch … off, power off, power … off, power down, shut off, shut … off, shut down,
        shut … down, stop, halt, deactivate, disable, kill, end, off, disengage, cut, cut off, put out, take … offline`,
      ),
      against: "on",
    },
    { name: "open", phrases: list("open, open up, unfold, uncover"), against: "close" },
    { name: "close", phrases: list("close, shut, close off, fold"), against: "open" },
    { name: "lock", phrases: list("lock, lock up, secure, bolt"), against: "unlock" },
    { name: "unlock", phrases: list("unlock, unbolt"), against: "lock" },
    {
      name: "up",
      phrases: list("raise, increase, turn up, turn … up, lift, warm up, brighten, speed up, roll up, up, higher"),
      against: "down",
    },
    {
      name: "down",
      phrases: list(
        "lower, decrease, reduce, turn down, turn … down, dim, cool down, slow down, roll down, down, drop",
      ),
      against: "up",
    },
    { name: "pause", phrases: list("pause, hold, suspend, freeze") },
    { name: "dock", phrases: list("dock, return, go home, go back, send … home, send … back, charge, go to its base") },
    {
      name: "add",
      phrases: list("add, put … on, append, include, insert, note, note down, write down, jot down, remember"),
      against: "remove",
    },
    {
      name: "remove",
      phrases: list("remove, delete, take … off, erase, drop, cancel, clear, cross … off, get rid of, discard"),
      against: "add",
    },
    {
      name: "send",
      phrases: list(
        "send, mail, email, e-mail, message, text, write to, write, tell, notify, forward, ping, inform, drop",
      ),
    },
    { name: "book", phrases: list("book, reserve, schedule, arrange, set up, plan") },
    {
      name: "create",
      phrases: list("create, make, file, open, log, new, raise, report, start, submit, register, generate"),
    },
    {
      name: "set",
      phrases: list(
        "set, change, adjust, put, turn … to, bring, switch … to, move … to, make, update, configure, dim … to",
      ),
    },
    { name: "move", phrases: list("move, drive, shift, transfer, position, bring") },
    {
      name: "show",
      phrases: list(
        "show, read, tell me, check, look up, list, display, get, find, give me, report, what is, what's, how much, how many",
      ),
    },
    { name: "print", phrases: list("print, print out") },
    { name: "play", phrases: list("play, put on") },
    { name: "mute", phrases: list("mute, silence") },
    { name: "convert", phrases: list("convert, translate, express, turn … into, change … into, change … to") },
    {
      name: "compute",
      phrases: list(
        "calculate, compute, work out, add up, evaluate, solve, what is, what's, how much is, how many are, how many is",
      ),
    },
    { name: "search", phrases: list("search, search for, find, look for, look up") },
    { name: "order", phrases: list("order, buy, purchase") },
    { name: "reset", phrases: list("reset, acknowledge, clear, ack") },
    { name: "clean", phrases: list("clean, vacuum, sweep, wash, rinse, flush") },
    { name: "water", phrases: list("water, irrigate, sprinkle") },
    { name: "heat", phrases: list("heat, heat up, warm, warm up, preheat, heating") },
    { name: "cool", phrases: list("cool, cool down, chill, cooling") },
    { name: "remind", phrases: list("remind, remember") },
  ],
  same: [
    "light lights lamp lamps",
    "tv telly television",
    "thermostat heating heater radiator temperature temp",
    "blind blinds shade shades shutter shutters",
    "curtain curtains drapes",
    "vacuum hoover",
    "ac aircon airconditioner airconditioning",
    "speaker stereo",
    "lounge livingroom",
    "wc toilet loo",
    "fridge refrigerator",
    "conveyor belt",
    "motor engine",
    "email mail",
    "meeting appointment",
    "picture photo image",
    "message sms",
    "ticket issue",
    "speed rpm",
    "valve tap",
  ].map((group) => group.split(" ")),
  units: {
    celsius: list("celsius, degrees celsius, degree celsius, °c, c"),
    fahrenheit: list("fahrenheit, degrees fahrenheit, degree fahrenheit, °f, f"),
    percent: list("percent, %, per cent"),
    second: list("seconds, second, secs, sec, s"),
    minute: list("minutes, minute, mins, min"),
    hour: list("hours, hour, hrs, hr, h"),
    day: list("days, day"),
    rpm: list("rpm, revolutions per minute, revs"),
    hertz: list("hz, hertz"),
    bar: list("bar, bars"),
    psi: list("psi"),
    kilopascal: list("kpa, kilopascal"),
    metre: list("metres, metre, meters, meter, m"),
    kilometre: list("km, kilometres, kilometers, kilometre, kilometer"),
    mile: list("miles, mile"),
    foot: list("feet, foot, ft"),
    inch: list("inches, inch"),
    centimetre: list("cm, centimetres, centimeters"),
    litre: list("litres, litre, liters, liter, l"),
    gallon: list("gallons, gallon"),
    kilogram: list("kg, kilograms, kilos, kilo"),
    gram: list("grams, gram, g"),
    pound: list("pounds, pound, lbs, lb"),
    euro: list("euros, euro, eur, €"),
    dollar: list("dollars, dollar, usd, $"),
  },
  numeral: new RegExp(
    `\\b(?:(?:a|${one}) hundred(?: and ${below100}| ${below100})?|(?:${one}) thousand|${below100})\\b`,
    "g",
  ),
  numeralValue(text) {
    let total = 0;
    for (const word of text.split(/[- ]+/)) {
      if (word === "and") continue;
      if (word === "a") total += 1;
      else if (word === "hundred") total *= 100;
      else if (word === "thousand") total *= 1_000;
      else {
        const value = values.get(word);
        if (value === undefined) return undefined;
        total += value;
      }
    }
    return total;
  },
  negation:
    /\b(?:do not|don'?t|dont|never(?! mind the)|no longer|shouldn'?t|should not|mustn'?t|must not|won'?t|can'?t|cannot|didn'?t|did not|doesn'?t|isn'?t|refrain|avoid|leave (?:it|the|them|everything|all|my|that|this)\b.*\b(?:alone|as (?:it|they)|on|off|open|closed|running|shut)|keep (?:it|the|them|my|that|this)\b|not (?:to|yet|now)|never ?mind|forget (?:it|about)|rather not|no need|instead of)\b(?<!\bdon'?t(?= forget to))/,
  question:
    /\?\s*$|^(?:(?:hey|ok|okay|so|and|well|hi|hello|please|clawdbot|tell me|do you know|i wonder|i'd like to know|let me know|say)[, ]+)*(?:what|whats|what's|which|who|who's|whose|why|how|when|where|where's|is|are|was|were|do|does|did|has|have|had|should|am|isn't|aren't|wasn't|didn't|doesn't|hasn't|shouldn't|if|whether)\b/,
  polite:
    /\b(?:can|could|would|will|won'?t) you\b|\bwould you mind\b|\b(?:can|could) (?:i|we) (?:have|get)\b|\bhow about (?:turning|switching|opening|closing|starting|stopping)\b|\bplease\b|\bwhy (?:don'?t|not) you\b/,
  surelyQuestion:
    /\b(?:tell me|know|say|explain|wonder|check|remember|see|believe|think|hear|show me) (?:if|whether|what|how|why|when|where|which|who)\b|\b(?:can|could|do|did|would|have|are|will) (?:you|it|they|that|he|she|someone|anyone) (?:know|explain|think|see|hear|believe|remember|ever|really|even|be|have|just (?:turn|switch|open|close|start|stop|lock))\b|\bwhat (?:would|happens|if)\b|\bhow (?:do|would|can|could|should|to)\b/,
  statement:
    /^(?:(?:and|but|so|well|oh|yesterday|today|because|since)[, ]+)*(?:i|we|he|she|they|nobody|somebody|someone|everybody|everyone)\b(?!'d| (?:want|wish|need|would|must|should|have to|can))|^(?!.*\b(?:i(?:'d| would)? (?:want|need|like|would like)|we (?:want|need)|let's|i'd like)\b)(?:(?:and|but|so|well|oh|yesterday|today|last \w+|this \w+|because|since|i think|i guess|apparently|sadly|luckily)[, ]+)*(?:the|my|our|your|this|that|these|those|a|an|it|it's|that's|he|she|he's|she's|they|they're|we|we're|we've|i|i'm|i've|there|there's|someone|somebody|nobody|everyone|everybody|his|her|their|its)\b.*\b(?:is|are|was|were|has|had|have|am|'s|'m|'re|'ve|looks?|seems?|sounds?|feels?|smells?|love|like|likes|hate|think|thought|turned|switched|opened|closed|started|stopped|locked|unlocked|set|bought|put|broke|works?|worked|went|goes|keeps?|kept|got|gets|used|wanted|forgot|remember|will|would|told|said|sent|wrote|read|made|saw|came|costs?|needs? (?:a new|to be (?:repaired|replaced|fixed)))\b|^(?:it's|i'm|i've|that's|he's|she's|there's|they're|we're|we've|i'll|he'll|she'll|they'll)\b/,
  finite:
    /^(?!.*\b(?:i(?:'d| would)? (?:want|need|like|would like)|we (?:want|need)|let's|i'd like|should be|must be|has to|have to|needs to)\b).*\b(?:is|isn't|are|aren't|was|wasn't|were|has|have|had|did|does|seems?|looks?|keeps|got|went|came|broke|became)\b/,
  lead:
    /^(?:(?:please|kindly|now|then|and|also|just|hey|hi|hello|ok|okay|so|well|right|could you|can you|would you|will you|would you mind|i want you to|i need you to|i'd like you to|you can|you should|let's|go ahead and|assistant|clawdbot|quickly|immediately|first|next|finally|after that)[, ]+)*/,
  clause: /[,.;!]\s+|\bso\b|\band\b|\bbut\b|\bthen\b/,
  schedule:
    /\b(?:tomorrow|tonight|later|this (?:morning|afternoon|evening|weekend)|next (?:week|month|year|monday|tuesday|wednesday|thursday|friday|saturday|sunday)|(?:on )?(?:mon|tues|wednes|thurs|fri|satur|sun)days?|(?:at|by|until|till|from|before|after|around) (?:(?:about|around|half past|quarter (?:past|to)) )?(?:\d{1,2}(?::\d\d)?\s*(?:o'?clock|am|pm|a\.m\.|p\.m\.|h\b)?(?!\s*(?:%|percent|degrees|°|rpm|bar|c\b|hz))|noon|midnight|night|dawn|dusk|sunset|sunrise|lunch|dinner|breakfast|bedtime|ten|eleven|twelve|one|two|three|four|five|six|seven|eight|nine)\b|in (?:an?|half an|\d+|two|three|five|ten|fifteen|twenty|thirty|a few|a couple of) (?:seconds?|minutes?|mins?|hours?|days?|weeks?|moment)|every (?:day|morning|evening|night|hour|week|month|monday|tuesday|wednesday|thursday|friday|saturday|sunday|\d+)|daily|weekly|hourly|nightly|each (?:day|morning|evening|night)|as soon as|once (?:the|it|i|we|they|my|he|she)|when(?:ever)? (?:the|it|i|we|they|my|he|she|someone|somebody|anyone|you|everyone)|if (?:the|it|i|we|they|my|he|she|someone|somebody|anyone|you|there)|unless|until|while (?:the|it|i|we|they)|after (?:the|i|we|he|she|they|dark|lunch|dinner)|before (?:the|i|we|he|she|they|dark|lunch|dinner))\b/,
  condition:
    /\b(?:as soon as|once (?:the|it|i|we|they|my|he|she)|when(?:ever)? (?:the|it|i|we|they|my|he|she|someone|somebody|anyone|everyone)|if (?:the|it|i|we|they|my|he|she|someone|somebody|anyone|there)|unless|until (?:the|it|i|we|they)|every (?:day|morning|evening|night|hour|week|month)|daily|weekly|hourly|nightly|each (?:day|morning|evening|night))\b/,
  join: /\b(?:and then|and also|and|then|after that|plus|also)\b|[;,]/g,
  every: /\b(?:all|every|everything|each|both)\b/,
  except: /\b(?:except|but not|apart from|other than|besides|all but)\b/,
  pointing: /\b(?:it|that|this|them|those|these|that one|this one|the thing|the device|the machine|one)\b/,
  relative:
    /\b(?:by|another|additional|extra)\s+(?:about\s+)?\d|\b\d+(?:\.\d+)?\s*(?:%|percent|degrees?|°c?|rpm|bar|minutes?|points?|steps?)?\s*(?:more|less|higher|lower|warmer|cooler|colder|hotter|faster|slower|brighter|darker|further|longer|shorter|louder|quieter|up|down)\b|\b(?:warmer|cooler|colder|hotter|faster|slower|brighter|darker|louder|quieter|a (?:bit|little|notch|touch))\b/,
  edge: /^(?:to|on|in|at|of|and|with|for|from|into|please|that|a|an|the|my|our|your)$/,
  yes:
    /^(?:yes|yeah|yep|yup|sure|ok|okay|do it|please do|go ahead|go on|confirm|confirmed|correct|right|exactly|that's right|of course|y)(?:[ ,]+(?:please|do it|go ahead|thanks|that's right|do))*[.!]*$/,
  no:
    /^(?:no|nope|nah|cancel|stop|never ?mind|forget it|don'?t|leave it|none|neither|no thanks|wait|n)(?:[ ,]+(?:thanks|thank you|don'?t|please|of them|cancel|leave it))*[.!]*$/,
  days: {
    today: 0,
    tonight: 0,
    tomorrow: 1,
    "day after tomorrow": 2,
    sunday: { weekday: 0 },
    monday: { weekday: 1 },
    tuesday: { weekday: 2 },
    wednesday: { weekday: 3 },
    thursday: { weekday: 4 },
    friday: { weekday: 5 },
    saturday: { weekday: 6 },
  },
  flags: {
    yes: list("yes, true, on, enable, enabled, activate, with, allow, allowed"),
    no: list("no, false, off, disable, disabled, deactivate, without, forbid"),
  },
};
