/** Who asks. `accounts` are `channel:account` names that bindings may use; `local` reached the Unix socket. */
export type Principal =
  | { readonly kind: "identity"; readonly id: string; readonly owner: boolean; readonly accounts: readonly string[] }
  | { readonly kind: "token"; readonly id: string; readonly roles: readonly string[] }
  | { readonly kind: "local" };

/** What is wanted of a resource. */
export type Action = "use" | "read" | "manage";

/** What a rule, or a decision, says. */
export type Effect = "allow" | "ask" | "deny";
