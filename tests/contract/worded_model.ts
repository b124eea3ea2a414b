/** The tiny model that says words: most of its tokens are texts of six bytes, and its rows of logits are long. */
import { encodeTiny, type MetadataValue, type TinyModel, tinyModel } from "../tiny_model.ts";

/** Of two characters each, far more of them than there are bytes. */
const words = Array.from({ length: 2_000 }, (_, index) => String.fromCodePoint(0x4E00 + index, 0x5E00 + index));

/** Writes it into a folder and gives its path. */
export async function writeWordedModel(folder: string): Promise<string> {
  const path = `${folder}/worded.gguf`;
  await Deno.writeFile(path, encodeTiny(withWords(tinyModel())).bytes);
  return path;
}

/** The same model with more tokens. */
function withWords({ metadata, tensors }: TinyModel): TinyModel {
  const more = (key: string, value: MetadataValue): MetadataValue => {
    if (key === "llama.vocab_size" && value.type === "u32") return { ...value, value: value.value + words.length };
    if (value.type === "texts") return { ...value, values: [...value.values, ...words] };
    if (key === "tokenizer.ggml.scores" && value.type === "f32s") {
      return { ...value, values: [...value.values, ...words.map((_, index) => -1_000 - index)] };
    }
    const ordinary = 1; // `llama_token_type` of llama.h
    return value.type === "i32s" ? { ...value, values: [...value.values, ...words.map(() => ordinary)] } : value;
  };
  return {
    metadata: metadata.map(([key, value]) => [key, more(key, value)]),
    tensors: tensors.map((tensor) => {
      const [width = 0, tokens = 0] = tensor.dimensions;
      return tensor.name === "token_embd.weight" ? { ...tensor, dimensions: [width, tokens + words.length] } : tensor;
    }),
  };
}
