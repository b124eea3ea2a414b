import type { Command } from "./command.ts";

/** Every command, in the order of the help. Lazy, so that one costs nothing to another. */
export const commands = {
  "init": () => import("./commands/init.ts"),
  "ask": () => import("./commands/ask.ts"),
  "chat": () => import("./commands/chat.ts"),
  "status": () => import("./commands/status.ts"),
  "logs": () => import("./commands/logs.ts"),
  "doctor": () => import("./commands/doctor.ts"),
  "halt": () => import("./commands/halt.ts"),
  "resume": () => import("./commands/resume.ts"),
  "approvals list": () => import("./commands/approvals/list.ts"),
  "approvals approve": () => import("./commands/approvals/approve.ts"),
  "approvals deny": () => import("./commands/approvals/deny.ts"),
  "access explain": () => import("./commands/access_explain.ts"),
  "login-code": () => import("./commands/login_code.ts"),
  "config check": () => import("./commands/config_check.ts"),
  "config diff": () => import("./commands/config_diff.ts"),
  "config apply": () => import("./commands/config_apply.ts"),
  "config reload": () => import("./commands/config_reload.ts"),
  "config schema": () => import("./commands/config_schema.ts"),
  "model list": () => import("./commands/model_list.ts"),
  "model pull": () => import("./commands/model_pull.ts"),
  "model info": () => import("./commands/model_info.ts"),
  "model import": () => import("./commands/model_import.ts"),
  "model load": () => import("./commands/model_load.ts"),
  "model unload": () => import("./commands/model_unload.ts"),
  "model rm": () => import("./commands/model_rm.ts"),
  "model path": () => import("./commands/model_path.ts"),
  "audit list": () => import("./commands/audit_list.ts"),
  "audit verify": () => import("./commands/audit_verify.ts"),
  "token create": () => import("./commands/token_create.ts"),
  "token list": () => import("./commands/token_list.ts"),
  "token revoke": () => import("./commands/token_revoke.ts"),
  "identity list": () => import("./commands/identity_list.ts"),
  "identity pair": () => import("./commands/identity_pair.ts"),
  "identity refuse": () => import("./commands/identity_refuse.ts"),
  "identity rename": () => import("./commands/identity_rename.ts"),
  "identity link": () => import("./commands/identity_link.ts"),
  "identity unlink": () => import("./commands/identity_unlink.ts"),
  "plugin new": () => import("./commands/plugin/new.ts"),
  "plugin test": () => import("./commands/plugin/test.ts"),
  "plugin install": () => import("./commands/plugin/install.ts"),
  "plugin list": () => import("./commands/plugin/list.ts"),
  "plugin rm": () => import("./commands/plugin/rm.ts"),
  "plugin key": () => import("./commands/plugin/key.ts"),
  "service install": () => import("./commands/service_install.ts"),
  "service uninstall": () => import("./commands/service_uninstall.ts"),
  "upgrade": () => import("./commands/upgrade.ts"),
  "help": () => import("./commands/help.ts"),
} satisfies Record<string, () => Promise<{ readonly command: Command }>>;

/** The name of a command; of two words where it belongs to a group. */
export type CommandName = keyof typeof commands;

/** The names of all commands. */
export const commandNames = Object.keys(commands) as CommandName[];
