import { launcherContract } from "./launcher.ts";

launcherContract("supervise.ts", "source");
launcherContract("the executable", "executable");
