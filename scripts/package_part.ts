/** Something that an executable is made of, for the bill of materials and the licences that are shipped. */
export interface Part {
  /** Unique in one bill of materials. */
  readonly ref: string;
  readonly kind: "application" | "platform" | "library" | "file";
  readonly name: string;
  readonly version: string;
  /** https://github.com/package-url/purl-spec */
  readonly purl?: string;
  /** An SPDX identifier or expression. */
  readonly licence?: string;
  /** What has to go along with copies, word for word. */
  readonly licenceText?: string;
  /** SHA-256 of the file itself, in hex. */
  readonly sha256?: string;
  /** Where it was fetched: the address, and npm's digest of what came (`sha512-…`). */
  readonly fetched?: { readonly url: string; readonly integrity: string };
  /** The address of its source. */
  readonly source?: string;
  /** More that is known, under names of this project's own. */
  readonly properties?: Readonly<Record<string, string>>;
  readonly parts?: readonly Part[];
  /** Whether `parts` names all that is in it. Only said of what has parts. */
  readonly partsComplete?: boolean;
}
