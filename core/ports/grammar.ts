/**
 * What may be written, as data: made anew for a request, of what is known then. Engines put it into the notation of
 * whatever holds their model to it; it is regular, so that each of them has one. Made of nothing that could be empty
 * again and again. `line`: any `min` to `max` characters but control characters, ends of lines and those in `without`.
 */
export type Grammar =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "choice"; readonly options: readonly Grammar[] }
  | { readonly kind: "sequence"; readonly parts: readonly Grammar[] }
  | { readonly kind: "repeat"; readonly of: Grammar; readonly min: number; readonly max: number }
  | { readonly kind: "line"; readonly min: number; readonly max: number; readonly without: string };
