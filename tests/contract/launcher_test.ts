import { launcherContract } from "./launcher.ts";

launcherContract("supervise.ts", "source");
