/**
 * Whether an IP address, as systems write it, is one of the public internet. Everything that is set aside for a machine
 * itself, a private network, a carrier, multicast, documentation, or for wrapping another address isn't; nor is what isn't
 * an IP address. Source: IANA's registries of special-purpose addresses, of August 2026; and the address at which Azure
 * serves its machines' metadata.
 */
export function isPublicAddress(text: string): boolean {
  const four = parseIpv4(text);
  if (four !== undefined) return !setAside4.some(([network, bits]) => isIn(four, network, bits, 32));
  const six = parseIpv6(text);
  // Only this eighth is in use for single machines of the internet.
  return six !== undefined && isIn(six, "2000::", 3, 128) &&
    !setAside6.some(([network, bits]) => isIn(six, network, bits, 128));
}

/** Whether a text is an IP address as systems write it, without brackets and zone. */
export function isIpAddress(text: string): boolean {
  return parseIpv4(text) !== undefined || parseIpv6(text) !== undefined;
}

type Block = readonly [network: string, bits: number];

const setAside4: readonly Block[] = [
  ["0.0.0.0", 8], // this network
  ["10.0.0.0", 8], // private
  ["100.64.0.0", 10], // carriers' address translation; also a cloud's metadata
  ["127.0.0.0", 8], // this machine
  ["168.63.129.16", 32], // Azure's metadata
  ["169.254.0.0", 16], // link-local; most clouds' metadata
  ["172.16.0.0", 12], // private
  ["192.0.0.0", 24], // protocols
  ["192.0.2.0", 24], // documentation
  ["192.31.196.0", 24], // AS112
  ["192.52.193.0", 24], // multicast tunnels
  ["192.88.99.0", 24], // 6to4 relays
  ["192.168.0.0", 16], // private
  ["192.175.48.0", 24], // AS112
  ["198.18.0.0", 15], // benchmarks
  ["198.51.100.0", 24], // documentation
  ["203.0.113.0", 24], // documentation
  ["224.0.0.0", 4], // multicast
  ["240.0.0.0", 4], // reserved, and broadcast
];

/** Within 2000::/3. Mapped (::ffff:…), NAT64 (64:ff9b:…), private, link-local and multicast ones are outside of it. */
const setAside6: readonly Block[] = [
  ["2001::", 23], // protocols, Teredo
  ["2001:db8::", 32], // documentation
  ["2002::", 16], // 6to4: wraps an address of version 4
  ["2620:4f:8000::", 48], // AS112
  ["3fff::", 20], // documentation
];

function isIn(address: bigint, network: string, bits: number, length: 32 | 128): boolean {
  const start = length === 32 ? parseIpv4(network) : parseIpv6(network);
  if (start === undefined) throw new Error(`"${network}" isn't an address`);
  const rest = BigInt(length - bits);
  return address >> rest === start >> rest;
}

/** Four decimal numbers without leading zeros: no other spelling. */
function parseIpv4(text: string): bigint | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let address = 0n;
  for (const part of parts) {
    if (!/^(?:0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    address = address << 8n | BigInt(part);
  }
  return address;
}

/** RFC 4291, section 2.2, without a zone; one with a zone is link-local, and so not public. */
function parseIpv6(text: string): bigint | undefined {
  const [head, tail, ...more] = text.split("::");
  if (head === undefined || more.length > 0 || !text.includes(":")) return undefined;
  const before = groupsOf(head);
  const after = tail === undefined ? [] : groupsOf(tail);
  if (before === undefined || after === undefined) return undefined;
  const missing = 8 - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  let address = 0n;
  for (const group of [...before, ...Array<bigint>(missing).fill(0n), ...after]) address = address << 16n | group;
  return address;
}

function groupsOf(text: string): bigint[] | undefined {
  if (text === "") return [];
  const groups: bigint[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    const four = index === parts.length - 1 ? parseIpv4(part) : undefined;
    if (four !== undefined) groups.push(four >> 16n, four & 0xffffn);
    else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(BigInt(`0x${part}`));
    else return undefined;
  }
  return groups;
}
