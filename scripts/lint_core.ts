/** A plugin of `deno lint` for `core/`: time, chance, disk and network come through ports, never from the surroundings. */

/** What core may not reach for, and the port that it has instead. */
const ports: Readonly<Record<string, string>> = {
  Deno: "a port",
  process: "a port",
  Buffer: "Uint8Array",
  fetch: "a port",
  WebSocket: "a port",
  Worker: "a port",
  console: "core/ports/log.ts",
  crypto: "core/ports/crypto.ts or core/ports/random.ts",
  performance: "core/ports/clock.ts",
  setTimeout: "core/ports/clock.ts",
  setInterval: "core/ports/clock.ts",
  setImmediate: "core/ports/clock.ts",
  localStorage: "core/ports/store.ts",
  sessionStorage: "core/ports/store.ts",
  navigator: "a port",
  globalThis: "a port",
};

/** Members of globals that are pure otherwise. */
const members: Readonly<Record<string, string>> = {
  "Date.now": "core/ports/clock.ts",
  "Math.random": "core/ports/random.ts",
  "AbortSignal.timeout": "core/ports/clock.ts",
};

const plugin: Deno.lint.Plugin = {
  name: "core",
  rules: {
    ambient: {
      create(context): Deno.lint.LintVisitor {
        const report = (node: Deno.lint.Node, what: string, port: string) =>
          context.report({ node, message: `Core reaches for ${what}`, hint: `Take it through ${port}` });
        return {
          MemberExpression(node) {
            if (node.object.type !== "Identifier" || node.property.type !== "Identifier") return;
            const what = `${node.object.name}.${node.property.name}`;
            if (Object.hasOwn(members, what)) report(node, what, members[what]!);
          },
          Identifier(node) {
            if (!Object.hasOwn(ports, node.name) || isName(node) || isLocal(node)) return;
            report(node, node.name, ports[node.name]!);
          },
          "NewExpression[arguments.length=0]"(node: Deno.lint.NewExpression) {
            if (node.callee.type === "Identifier" && node.callee.name === "Date") {
              report(node, "new Date()", members["Date.now"]!);
            }
          },
        };
      },
    },
  },
};

export default plugin;

/** True where the identifier only names a key, a member or a type: `{ process: 1 }`, `job.process`, `: Crypto`. */
function isName(node: Deno.lint.Identifier): boolean {
  const { parent } = node;
  switch (parent.type) {
    case "MemberExpression":
      return parent.property === node && !parent.computed;
    case "Property":
      return parent.key === node && !parent.computed && !parent.shorthand;
    case "TSPropertySignature":
    case "TSMethodSignature":
    case "PropertyDefinition":
    case "MethodDefinition":
      return parent.key === node;
    default:
      return false;
  }
}

/**
 * True when a parameter or variable around the node has the name: a port that was handed in. A declaration anywhere in
 * the function counts, which is enough where nobody means to deceive.
 */
function isLocal(node: Deno.lint.Identifier): boolean {
  for (let around: Deno.lint.Node | null = node; around !== null; around = parentOf(around)) {
    if (declares(around, node.name)) return true;
  }
  return false;
}

function parentOf(node: Deno.lint.Node): Deno.lint.Node | null {
  return "parent" in node ? node.parent as Deno.lint.Node | null : null;
}

function declares(node: Deno.lint.Node, name: string): boolean {
  switch (node.type) {
    case "FunctionDeclaration":
    case "FunctionExpression":
    case "ArrowFunctionExpression":
      return node.params.some((param) => binds(param, name));
    case "BlockStatement":
    case "Program":
      return node.body.some((statement) =>
        statement.type === "VariableDeclaration" && statement.declarations.some(({ id }) => binds(id, name))
      );
    case "TSFunctionType":
    case "TSMethodSignature":
    case "TSDeclareFunction":
    case "TSCallSignatureDeclaration":
      return true;
    case "VariableDeclarator":
      return binds(node.id, name);
    default:
      return false;
  }
}

/** True when a pattern gives the name a value. */
function binds(pattern: Deno.lint.Node | Deno.lint.Parameter, name: string): boolean {
  switch (pattern.type) {
    case "Identifier":
      return pattern.name === name;
    case "AssignmentPattern":
      return binds(pattern.left, name);
    case "RestElement":
      return binds(pattern.argument, name);
    case "ArrayPattern":
      return pattern.elements.some((element) => element !== null && binds(element, name));
    case "ObjectPattern":
      return pattern.properties.some((property) =>
        property.type === "Property" ? binds(property.value, name) : binds(property, name)
      );
    case "TSParameterProperty":
      return binds(pattern.parameter, name);
    default:
      return false;
  }
}
