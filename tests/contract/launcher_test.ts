import { startProbeSite } from "../hostile/probe_site.ts";
import { launcherContract } from "./launcher.ts";

launcherContract("supervise.ts", startProbeSite);
