const day = "(?:0[1-9]|1[0-9]|2[0-8])";
const leapYear = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)";
const date =
  `(?:[0-9]{4}-(?:(?:0[1-9]|1[0-2])-${day}|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)|${leapYear}-02-29)`;
const hour = "(?:[01][0-9]|2[0-3])";
const time = `${hour}:[0-5][0-9]:[0-5][0-9](?:[.][0-9]{1,9})?(?:Z|[+-]${hour}:[0-5][0-9])`;
const label = "[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*";
const byte = "(?:[0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])";

/**
 * Formats that are held, as patterns. Each allows only what its format does, and not all of it: dates and times of
 * RFC 3339 without leap seconds, addresses without quoting, web addresses without a query.
 */
export const formats: Readonly<Record<string, string>> = {
  date: `^${date}$`,
  time: `^${time}$`,
  "date-time": `^${date}T${time}$`,
  uuid: "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
  email: `^[A-Za-z0-9]+(?:[._+-][A-Za-z0-9]+)*@(?:${label}[.])+[A-Za-z]{2,24}$`,
  ipv4: `^${byte}(?:[.]${byte}){3}$`,
  uri: `^https?://(?:${label}[.])+[A-Za-z]{2,24}(?:/[A-Za-z0-9._~-]+)*/?$`,
};
