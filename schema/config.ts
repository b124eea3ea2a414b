import * as v from "valibot";
import { device, deviceName, type DeviceOptions } from "./devices.ts";
import { type Listen, listen } from "./listen.ts";
import { type PluginLimits, pluginLimits, pluginName } from "./plugin.ts";
import { protocols } from "./protocols.ts";
import { type SecretPlace, secretPlace } from "./secret.ts";
import { type ServerUrl, serverUrl } from "./server_url.ts";
import { bytes, duration } from "./units.ts";

/**
 * The configuration as the program uses it: immutable and plain JSON. Sizes are bytes, times milliseconds. Paths are
 * as they were written: relative ones start at the folder of the configuration file. What has no default is absent.
 */
export interface Config {
  /** One entry a protocol: its options as written, with a {@link SecretPlace} for each secret. */
  readonly protocol: Readonly<Record<string, ProtocolOptions>>;
  readonly storage: {
    readonly type: "sqlite";
    /** Absent: `clawdbot.db` in the data folder. */
    readonly path?: string;
  };
  readonly objects: {
    readonly type: "fs";
    /** Absent: `objects` in the data folder. */
    readonly path?: string;
    /** Largest file that is taken in. */
    readonly fileBytesMax: number;
  };
  readonly model: {
    /** A name of the catalogue. Never together with `path`. */
    readonly name?: string;
    /** A GGUF file. */
    readonly path?: string;
    /** Instead of a file: whose model answers. Never together with `name` or `path`. */
    readonly server?: ModelServer;
    /** The model that turns texts into vectors: a name of the catalogue or a GGUF file. */
    readonly embedding: string;
    /** For the runner's whole process. Absent: decided from the machine and the model. */
    readonly memoryLimitBytes?: number;
    readonly keepAliveMs: number;
    /** Of one conversation, prompt and answer together. Absent: decided from the model and the memory. */
    readonly contextTokens?: number;
    /** Absent: adapted to the cores that are free. */
    readonly threads?: number;
  };
  readonly web: {
    readonly listen: Listen;
    /** Names that the page is reached by, besides the address that it listens on. */
    readonly names: readonly string[];
    /** A listener that others reach may do without TLS. */
    readonly insecure: boolean;
    /** PEM files. */
    readonly tls?: { readonly cert: string; readonly key: string };
  };
  readonly access: {
    /** Each role and what it is for. */
    readonly roles: Readonly<Record<string, { readonly description?: string }>>;
    /** For each role, who has it: `local`, `owner`, `everyone`, or an account as `channel:account`. */
    readonly bindings: Readonly<Record<string, readonly string[]>>;
    readonly rules: readonly AccessRule[];
    /** What someone unknown who writes directly gets: a code with which an administrator lets them in, or nothing. */
    readonly unknown: "pair" | "silent";
    /** What the administrator is called until someone renames them. */
    readonly ownerName?: string;
    /** How long an approval that was asked for waits. */
    readonly approvalMsMax: number;
  };
  /** One entry a plugin, by its name. What is only in the folder of plugins is known, and granted nothing. */
  readonly plugins: Readonly<Record<string, PluginOptions>>;
  readonly devices: Readonly<Record<string, DeviceOptions>>;
  readonly session: {
    /** What a person says directly goes on in one session on all channels, or in one for each conversation. */
    readonly scope: "person" | "conversation";
  };
  readonly security: {
    readonly offline: boolean;
    readonly atRest: {
      /** The file of the key-encryption key. Absent: `clawdbot/key` in the user's configuration folder. */
      readonly key?: string;
    };
    readonly plugins: {
      /** A plugin without a signature by one of `keys` is refused. */
      readonly signed: boolean;
      /** Who may sign, by name: Ed25519 public keys in hex. */
      readonly keys: Readonly<Record<string, string>>;
      /** Keys that sign nothing any more, in hex. */
      readonly revoked: readonly string[];
    };
  };
  readonly log: {
    readonly level: "info" | "warn" | "error";
    /** A file of the log that would grow past it is closed. */
    readonly bytesMax: number;
    /** A closed file is removed this long after its last line. */
    readonly ageMsMax: number;
    readonly filesMax: number;
  };
}

/** What a site lets one plugin do. */
export interface PluginOptions {
  /** Absent: `NAME.wasm` in the folder of plugins. */
  readonly path?: string;
  /** SHA-256 of the file in hex: what is granted, is granted to this file and no other. */
  readonly digest?: string;
  /** As written: each capability of `core/capabilities/` reads its own, with a {@link SecretPlace} for each secret. */
  readonly grant: Readonly<Record<string, unknown>>;
  /** The most that a call may take, whatever the manifest wishes. */
  readonly limits: PluginLimits;
}

/** An OpenAI-compatible server. */
export interface ModelServer extends ServerUrl {
  /** Absent: the one model that it has. */
  readonly model?: string;
  readonly key?: SecretPlace;
  /** Texts are turned into vectors there, by this model. */
  readonly embeddingModel?: string;
  /** A PEM file of certificates that are trusted besides the usual ones. */
  readonly ca?: string;
}

/** One line of the policy. Absent roles, actions and window mean all of them; empty lists never occur. */
export interface AccessRule {
  readonly effect: "allow" | "ask" | "deny";
  readonly roles?: readonly string[];
  readonly actions?: readonly AccessAction[];
  /** Globs: `*` stands for any text. */
  readonly resources: readonly string[];
  readonly window?: AccessWindow;
  /** What is asked must be approved by two people. */
  readonly fourEyes?: boolean;
}

/** What may be wanted of a resource. */
export type AccessAction = typeof actions[number];

const actions = ["use", "read", "write", "approve", "manage"] as const;

/** When a rule holds: minutes after midnight, 0 to 1440; `to` itself is outside. `from` after `to` is a night. */
export interface AccessWindow {
  readonly days?: readonly Day[];
  readonly from: number;
  readonly to: number;
  readonly offsetMinutes?: number;
}

/** A day of the week. */
export type Day = typeof days[number];

const days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

export type { SecretPlace } from "./secret.ts";

/** Options that the protocol's adapter parses. */
export type ProtocolOptions = Readonly<Record<string, unknown>>;

/** What the design has and this version hasn't: named in the error, so that nobody takes it for applied. */
export const laterKeys: readonly string[] = [
  "session.retention",
  "knowledge",
  "cluster",
  "automation",
  "security.session",
];

const section = <const E extends v.ObjectEntries>(description: string, entries: E) =>
  v.pipe(v.strictObject(entries), v.description(description));

const path = (description: string) => v.pipe(filled("a path"), v.description(description));

const filled = (expected: string) => v.pipe(v.string(expected), v.minLength(1, expected), v.maxLength(4_096, expected));

/** As `toLocaleString("en")` does it, which takes 10 ms when a process calls it first: at each start, of plan and host. */
const grouped = (count: number) => `${count}`.replace(/\B(?=(?:\d{3})+$)/g, ",");

const wholeNumber = (min: number, max: number, description: string) => {
  const expected = `a whole number from ${grouped(min)} to ${grouped(max)}`;
  return v.pipe(
    v.number(expected),
    v.integer(expected),
    v.minValue(min, expected),
    v.maxValue(max, expected),
    v.description(description),
  );
};

/** One entry, or a list of them: both are written by people. */
const oneOrMore = <const S extends v.GenericSchema<string, string>>(entry: S, expected: string) =>
  v.union([
    v.pipe(entry, v.transform((one): readonly v.InferOutput<S>[] => [one])),
    v.pipe(v.array(entry), v.minLength(1, expected), v.readonly()),
  ], expected);

const roleName = v.pipe(
  v.string('a role name, like "operator"'),
  v.regex(/^[a-z][a-z0-9_-]{0,63}$/, 'a role name: small letters, digits, "-" and "_", beginning with a letter'),
);

const resourceGlob = v.pipe(
  v.string('a resource, like "admin:*"'),
  v.regex(/^[a-z0-9_.:*-]{1,200}$/, 'a resource, like "chat", "admin:status", "admin:*" or "*"'),
);

const who = v.pipe(
  v.string('"local", "owner", "everyone", or an account like "telegram:4711"'),
  v.regex(
    /^(?:local|owner|everyone|[a-z][a-z0-9_]{0,31}:\S{1,200})$/,
    '"local", "owner", "everyone", or an account like "telegram:4711"',
  ),
);

const protocolSection = v.pipe(
  v.strictObject(
    Object.fromEntries(
      Object.entries(protocols).map(([name, protocol]) => [
        name,
        v.optional(v.pipe(
          v.record(v.string(), v.unknown()),
          v.description(
            `Not in this version yet: the channel is reported as failed, and the rest runs.${
              protocol.secret === undefined ? "" : ` Its secret is \`${protocol.secret}\`.`
            }`,
          ),
        )),
      ]),
    ) as Record<string, v.OptionalSchema<v.GenericSchema<ProtocolOptions>, undefined>>,
  ),
  v.description(
    "Where people talk to the assistant: one section for each protocol. A secret is a literal, file:PATH or env:NAME.",
  ),
  v.transform((sections): Config["protocol"] =>
    Object.fromEntries(Object.entries(sections).flatMap(([name, options]) => options ? [[name, options]] : []))
  ),
);

const objectsSection = v.pipe(
  section("Where files that people send are kept, sealed.", {
    type: v.optional(v.pipe(v.picklist(["fs"]), v.description("A folder of this machine.")), "fs"),
    path: v.optional(path("The folder. Without it, `objects` in the data folder.")),
    file_max: v.optional(
      bytes({
        description: "The largest file that is taken in.",
        min: 1_000,
        max: 2_000_000_000,
        expected: 'a size from 1 KB to 2 GB, like "20 MB"',
      }),
      "20 MB",
    ),
  }),
  v.transform(({ type, path, file_max }): Config["objects"] => ({
    type,
    ...(path === undefined ? {} : { path }),
    fileBytesMax: file_max,
  })),
);

const storageSection = section("Where messages are kept.", {
  type: v.optional(v.pipe(v.picklist(["sqlite"]), v.description("The kind of database.")), "sqlite"),
  path: v.optional(path("The database file. Without it, `clawdbot.db` in the data folder.")),
});

const modelOfServer = (description: string) =>
  v.optional(v.pipe(filled("a model's name"), v.maxLength(200, "a model's name"), v.description(description)));

const serverSection = v.pipe(
  section("An OpenAI-compatible server that answers instead. Not together with `name` or `path`.", {
    url: serverUrl("Its address, like `https://gpu-box:8000/v1`. Questions go there and nowhere else."),
    model: modelOfServer("Which of its models. Without it, the only one that it has."),
    key: v.optional(secretPlace("Its key: a literal, file:PATH or env:NAME.")),
    embedding_model: modelOfServer("Turn texts into vectors there, by this model."),
    ca: v.optional(path("The certificate of the authority that signed the server's own, a PEM file.")),
    insecure: v.optional(
      v.pipe(
        v.boolean(),
        v.description("Ask another machine without TLS: whoever is on the network may read along."),
      ),
      false,
    ),
  }),
  v.forward(
    v.check(
      ({ url, insecure }) => url.loopback || url.secure || insecure,
      "https, or `insecure: true`, since questions would cross the network as they are",
    ),
    ["url"],
  ),
  v.transform(({ url, model, key, embedding_model, ca }): ModelServer => ({
    ...url,
    ...(model === undefined ? {} : { model }),
    ...(key === undefined ? {} : { key }),
    ...(embedding_model === undefined ? {} : { embeddingModel: embedding_model }),
    ...(ca === undefined ? {} : { ca }),
  })),
);

const modelSection = v.pipe(
  section("The model that answers.", {
    name: v.optional(v.pipe(
      v.string(),
      v.regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'a name out of `clawdbot model list`, like "qwen2.5-coder-1.5b"'),
      v.description("A model that `clawdbot model list` prints, of the catalogue or not. Not together with `path`."),
    )),
    path: v.optional(path("A GGUF file. Not together with `name`.")),
    server: v.optional(serverSection),
    embedding: v.optional(
      path(
        "The model that turns texts into vectors: one of `clawdbot model list`, or a GGUF file, whose path has a `/` or " +
          "ends in `.gguf`. It has a process of its own, which takes at most 1 GB.",
      ),
      "multilingual-e5-small",
    ),
    memory_limit: v.optional(bytes({
      min: 64e6,
      max: 1e15,
      expected: 'a size of at least 64 MB, like "3 GB", or a whole number of bytes',
      description:
        'Memory that the models of this machine may take together, like "3 GB" or "3 GiB", or a whole number ' +
        "of bytes; the one used longest ago is unloaded when another needs its room. Without it, three quarters of the " +
        "machine's.",
    })),
    keep_alive: v.optional(
      duration({
        min: 0,
        max: 7 * 86_400_000,
        expected: 'a time from "0 s" to "7 d", like "10 min" or "2 h"',
        description: "How long an unused model stays in memory: ms, s, min, h or d.",
      }),
      "10 min",
    ),
    context: v.optional(wholeNumber(
      512,
      1_048_576,
      "Tokens that one conversation may hold, prompt and answer together. " +
        "Without it, decided from the model and the memory.",
    )),
    threads: v.optional(wholeNumber(1, 256, "Threads for computing. Without it, adapted to the cores that are free.")),
  }),
  v.forward(
    v.check(({ name, path }) => name === undefined || path === undefined, "either `name` or `path`, not both"),
    ["path"],
  ),
  v.forward(
    v.check(
      ({ name, path, server }) => server === undefined || (name === undefined && path === undefined),
      "either a model of this machine or `server`, not both",
    ),
    ["server"],
  ),
  v.transform(({ memory_limit, keep_alive, context, ...rest }): Config["model"] => ({
    ...rest,
    ...(memory_limit === undefined ? {} : { memoryLimitBytes: memory_limit }),
    keepAliveMs: keep_alive,
    ...(context === undefined ? {} : { contextTokens: context }),
  })),
);

const hostName = v.pipe(
  v.string('a name without a port, like "assistant.plant.local"'),
  v.regex(
    /^(?=.{1,253}$)[A-Za-z0-9][A-Za-z0-9-]{0,62}(?:\.[A-Za-z0-9][A-Za-z0-9-]{0,62})*$/,
    'a name without a port, like "assistant.plant.local"',
  ),
);

const webSection = v.pipe(
  section("The page and the API.", {
    listen: v.optional(
      listen("Address and port. One that other machines reach needs `tls`, or the words `insecure: true`."),
      "127.0.0.1:8080",
    ),
    names: v.optional(
      v.pipe(
        v.array(hostName),
        v.maxLength(64, "at most 64 names"),
        v.description("Names that the page is reached by, like `assistant.plant.local`; others are refused."),
      ),
      [],
    ),
    insecure: v.optional(
      v.pipe(v.boolean(), v.description("Serve other machines without TLS: whoever is on the network may read along.")),
      false,
    ),
    tls: v.optional(section("Serve HTTPS.", {
      cert: path("The certificate chain, a PEM file."),
      key: path("Its private key, a PEM file."),
    })),
  }),
  v.forward(
    v.check(
      ({ listen, insecure, tls }) => listen.loopback || insecure || tls !== undefined,
      "`tls`, or `insecure: true`, since other machines reach this address",
    ),
    ["listen"],
  ),
);

const timeOfDay = (description: string) => {
  const expected = 'a time of day, like "08:00"';
  return v.pipe(
    v.string(expected),
    v.regex(/^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/, expected),
    v.description(description),
    v.transform((text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3))),
  );
};

const offsetExpected = 'an offset, like "+08:00" or "-03:30"';

const hoursSection = v.pipe(
  section("When the rule holds. Without it, always.", {
    days: v.optional(v.pipe(
      oneOrMore(v.picklist(days), "mon, tue, wed, thu, fri, sat, sun, or a list of these"),
      v.description("On which days it begins. Without it, every day."),
    )),
    from: timeOfDay("From this time on."),
    to: timeOfDay("Up to this time, which is outside. Earlier than `from` means the day after."),
    utc_offset: v.optional(
      v.pipe(
        v.string(offsetExpected),
        v.regex(/^[+-](?:0\d|1[0-4]):[0-5]\d$/, offsetExpected),
        v.description("How far the clock that is meant is ahead of UTC. Summer time isn't known."),
      ),
      "+00:00",
    ),
  }),
  v.transform(({ days, from, to, utc_offset }): AccessWindow => ({
    ...(days === undefined ? {} : { days }),
    from,
    to,
    offsetMinutes: (utc_offset.startsWith("-") ? -1 : 1) *
      (Number(utc_offset.slice(1, 3)) * 60 + Number(utc_offset.slice(4))),
  })),
);

const ownerNameExpected = "a name of 1 to 100 characters on one line";

const ownerName = v.pipe(
  v.string(ownerNameExpected),
  v.check((name) => /^(?=.*\S)\P{Cc}{1,100}$/u.test(name), ownerNameExpected),
  v.description("What the administrator is called until someone renames them."),
);

const accessSection = section("Who may do what. Deny beats ask, ask beats allow; what no rule allows is denied.", {
  owner_name: v.optional(ownerName),
  roles: v.optional(
    v.pipe(
      v.record(
        roleName,
        section("A role.", {
          description: v.optional(v.pipe(filled("text"), v.description("What the role is for."))),
        }),
      ),
      v.description("The site's own roles."),
    ),
    {},
  ),
  bindings: v.optional(
    v.pipe(
      v.record(roleName, oneOrMore(who, "one or more of local, owner, everyone, or accounts like telegram:4711")),
      v.description(
        "For each role, who has it: `local`, `owner`, `everyone`, or accounts as `channel:account`. Without `user`, " +
          "every person who was let in has that role.",
      ),
    ),
    {},
  ),
  rules: v.optional(
    v.pipe(
      v.array(v.pipe(
        section("A rule.", {
          effect: v.pipe(v.picklist(["allow", "ask", "deny"]), v.description("What the rule says.")),
          role: v.optional(
            v.pipe(oneOrMore(roleName, "a role, or a list of roles"), v.description("Whose. Without it, everyone's.")),
          ),
          action: v.optional(v.pipe(
            oneOrMore(v.picklist(actions), '"use", "read", "write", "approve", "manage", or a list of these'),
            v.description("What is wanted. Without it, everything."),
          )),
          resource: v.pipe(
            oneOrMore(resourceGlob, 'a resource like "admin:*", or a list of resources'),
            v.description("Of what; `*` stands for any text."),
          ),
          hours: v.optional(hoursSection),
          four_eyes: v.optional(v.pipe(v.boolean(), v.description("Two people must approve.")), false),
        }),
        v.transform(({ effect, role, action, resource, hours, four_eyes }): AccessRule => ({
          effect,
          ...(role === undefined ? {} : { roles: role }),
          ...(action === undefined ? {} : { actions: action }),
          resources: resource,
          ...(hours === undefined ? {} : { window: hours }),
          ...(four_eyes ? { fourEyes: true } : {}),
        })),
      )),
      v.maxLength(1_000, "at most 1,000 rules"),
      v.description("The site's own rules."),
    ),
    [],
  ),
  approval_time: v.optional(
    duration({
      min: 60_000,
      max: 7 * 86_400_000,
      expected: 'a time from "1 min" to "7 d", like "15 min"',
      description: "How long an approval that was asked for waits before it expires.",
    }),
    "15 min",
  ),
  unknown: v.optional(
    v.pipe(
      v.picklist(["pair", "silent"]),
      v.description(
        "What someone unknown who writes directly gets: `pair` a code with which an administrator lets them in, " +
          "`silent` nothing.",
      ),
    ),
    "pair",
  ),
});

const sessionSection = section("What belongs to one conversation.", {
  scope: v.optional(
    v.pipe(
      v.picklist(["person", "conversation"]),
      v.description(
        "Where what a person says directly goes on: `person` in the same conversation on all channels, " +
          "`conversation` in one for each chat. Groups always have their own.",
      ),
    ),
    "person",
  ),
});

const namedAccess = v.pipe(
  accessSection,
  v.transform(({ owner_name, approval_time, ...rest }): Config["access"] => ({
    ...rest,
    approvalMsMax: approval_time,
    ...(owner_name === undefined ? {} : { ownerName: owner_name }),
  })),
);

const hex64 = (what: string) => v.pipe(v.string(what), v.regex(/^[0-9a-f]{64}$/, what));

const digestExpected = 'a digest, like "sha256:" and 64 hex digits';

const pluginsSection = v.pipe(
  v.record(
    pluginName,
    v.pipe(
      section("A plugin, and what it may do.", {
        path: v.optional(path("Its file. Without it, `NAME.wasm` in the folder of plugins.")),
        digest: v.optional(v.pipe(
          v.string(digestExpected),
          v.regex(/^sha256:[0-9a-f]{64}$/, digestExpected),
          v.description(
            "The file that is granted something, as `clawdbot plugin inspect` prints it. Another file is granted nothing.",
          ),
          v.transform((text) => text.slice("sha256:".length)),
        )),
        grant: v.optional(
          v.pipe(v.record(v.string(), v.unknown()), v.description("What it may do, of what it asks for.")),
          {},
        ),
        limits: v.optional(v.pipe(pluginLimits, v.description("The most that one call may take.")), {}),
      }),
      v.forward(
        v.check(
          ({ digest, grant }) => digest !== undefined || Object.keys(grant).length === 0,
          "`digest` beside it, since a grant belongs to one file",
        ),
        ["grant"],
      ),
      v.transform(({ path, digest, ...rest }): PluginOptions => ({
        ...rest,
        ...(path === undefined ? {} : { path }),
        ...(digest === undefined ? {} : { digest }),
      })),
    ),
  ),
  v.maxEntries(200, "at most 200 plugins"),
  v.description("What plugins may do. A file in the folder of plugins is known without it, and granted nothing."),
);

const devicesSection = v.pipe(
  v.record(deviceName, device),
  v.maxEntries(200, "at most 200 devices"),
  v.description("Machines that plugins may be granted to read and write, by name."),
);

const securitySection = v.pipe(
  section("Protections.", {
    offline: v.optional(
      v.pipe(v.boolean(), v.description("Take every right beyond this machine's loopback away from all processes.")),
      false,
    ),
    at_rest: v.optional(
      section("Encryption of what is stored.", {
        key: v.optional(path(
          "The file of the key-encryption key. Without it, `clawdbot/key` in the user's configuration folder.",
        )),
      }),
      {},
    ),
    plugins: v.optional(
      section("Who may make plugins.", {
        signed: v.optional(
          v.pipe(v.boolean(), v.description("Refuse plugins that none of `keys` has signed.")),
          false,
        ),
        keys: v.optional(
          v.pipe(
            v.record(pluginName, hex64("an Ed25519 public key: 64 hex digits")),
            v.description("Who may sign, by name: public keys in hex, as `clawdbot plugin key` prints them."),
          ),
          {},
        ),
        revoked: v.optional(
          v.pipe(
            v.array(hex64("a public key: 64 hex digits")),
            v.readonly(),
            v.description("Keys that count no more."),
          ),
          [],
        ),
      }),
      {},
    ),
  }),
  v.transform(({ offline, at_rest, plugins }): Config["security"] => ({ offline, atRest: at_rest, plugins })),
);

const logSection = v.pipe(
  section("The program's own log, on stderr and in `logs/` of the data folder.", {
    level: v.optional(
      v.pipe(v.picklist(["info", "warn", "error"]), v.description("The least important that is written.")),
      "info",
    ),
    max_size: v.optional(
      bytes({
        min: 64e3,
        max: 1e12,
        expected: 'a size from 64 KB on, like "10 MB", or a whole number of bytes',
        description: "How large a file of the log becomes, before the next is begun.",
      }),
      "10 MB",
    ),
    max_age: v.optional(
      duration({
        min: 60_000,
        max: 3_650 * 86_400_000,
        expected: 'a time from "1 min" to "3650 d", like "14 d"',
        description: "How long lines are kept: ms, s, min, h or d.",
      }),
      "14 d",
    ),
    files: v.optional(wholeNumber(1, 1_000, "How many files are kept."), 10),
  }),
  v.transform(({ level, max_size, max_age, files }): Config["log"] => ({
    level,
    bytesMax: max_size,
    ageMsMax: max_age,
    filesMax: files,
  })),
);

/** `config.yaml`: every key optional, unknown keys refused. Descriptions and defaults for all generators stand here. */
export const configSchema: v.GenericSchema<object, Config> = v.strictObject({
  protocol: v.optional(protocolSection, {}),
  storage: v.optional(storageSection, {}),
  objects: v.optional(objectsSection, {}),
  model: v.optional(modelSection, {}),
  web: v.optional(webSection, {}),
  access: v.optional(namedAccess, {}),
  plugins: v.optional(pluginsSection, {}),
  devices: v.optional(devicesSection, {}),
  session: v.optional(sessionSection, {}),
  security: v.optional(securitySection, {}),
  log: v.optional(logSection, {}),
});
