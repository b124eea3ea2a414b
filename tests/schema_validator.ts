import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

/** Whether JSON satisfies a schema, in the judgement of a validator that isn't ours; if not, why. */
export function validator(schema: unknown): (json: string) => string | undefined {
  const ajv = new Ajv2020({
    strict: true,
    strictTypes: false,
    strictTuples: false,
    strictRequired: false,
    ownProperties: true,
  });
  addFormats.default(ajv, { mode: "full" });
  const validate = ajv.compile(schema as object);
  return (json) => {
    let value: unknown;
    try {
      value = JSON.parse(json);
    } catch (error) {
      return String(error);
    }
    return validate(value) ? undefined : ajv.errorsText(validate.errors);
  };
}
