//! Gives back what it is called with.
const clawdbot = @import("clawdbot/clawdbot.zig");

export fn register() i32 {
    clawdbot.output(
        \\{"tools":[{"name":"echo","description":"Gives back what it is called with","parameters":{"type":"object"}}]}
    );
    return 0;
}

export fn execute() i32 {
    clawdbot.output(clawdbot.input() catch return 1);
    return 0;
}
