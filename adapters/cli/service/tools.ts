import type { Site } from "../../../core/site.ts";

/** A user of this machine. */
export interface Person {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  /** Only where it is set for whoever runs the command line, and that is this person. */
  readonly xdgConfigHome?: string;
}

/** The site of a person, as a service will run it. */
export type ServiceSite =
  | {
    readonly kind: "planned";
    readonly site: Site;
    /** Where a service of the machine has its sockets: the name of a folder in `/run`. */
    readonly runtimeName: string;
    /** Every path that a process reads or writes, and the files of secrets. */
    readonly touched: readonly string[];
    /** A process listens at a port below 1024. */
    readonly hasLowPort: boolean;
    /** Secrets that the environment is to have: their place in the configuration, and the variable. */
    readonly environment: readonly { readonly path: string; readonly name: string }[];
  }
  | { readonly kind: "bad"; readonly problems: readonly string[]; readonly site: Site };

/** What services are installed and removed with. */
export interface ServiceTools {
  readonly os: "linux" | "darwin";
  /** This executable; absent when the program runs from source. */
  readonly executable?: string;
  /** Where the executable unpacked itself for this user, one folder a version. */
  readonly runtimesFolder: string;
  readonly isSystemdRunning: boolean;
  readonly uid: number;
  /** A user by name or number. */
  person(who: string | number): Promise<Person | undefined>;
  /** @throws {MendableError} When the configuration isn't there. */
  site(person: Person): Promise<ServiceSite>;
  /** The process that holds a site's lock: its launcher. */
  holder(lockPath: string): number | undefined;
  /** Runs a program of the system to its end; `said` is all that it printed. A program that isn't there has code 127. */
  run(command: string, ...args: readonly string[]): Promise<{ readonly code: number; readonly said: string }>;
}
