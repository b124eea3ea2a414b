//! Work for measuring the meter. The input's first byte says which: s sieve, f fib, q shell sort.
const clawdbot = @import("clawdbot/clawdbot.zig");

var composite: [1 << 21]u8 = undefined;
var values: [1 << 18]u32 = undefined;

fn sieve() u32 {
    var count: u32 = 0;
    for (0..12) |_| {
        @memset(&composite, 0);
        count = 0;
        for (2..composite.len) |i| {
            if (composite[i] != 0) continue;
            count += 1;
            var j = i * 2;
            while (j < composite.len) : (j += i) composite[j] = 1;
        }
    }
    return count;
}

noinline fn fib(n: u32) u32 {
    return if (n < 2) n else fib(n - 1) + fib(n - 2);
}

fn shellSort() u32 {
    var seed: u32 = 1;
    for (0..6) |_| {
        for (&values) |*value| {
            seed = seed *% 1664525 +% 1013904223;
            value.* = seed;
        }
        var gap: usize = values.len / 2;
        while (gap > 0) : (gap /= 2) {
            for (gap..values.len) |i| {
                const value = values[i];
                var j = i;
                while (j >= gap and values[j - gap] > value) : (j -= gap) values[j] = values[j - gap];
                values[j] = value;
            }
        }
    }
    return values[99];
}

export fn register() i32 {
    clawdbot.output(
        \\{"tools":[{"name":"cpu","description":"Works","parameters":{"type":"object"}}]}
    );
    return 0;
}

export fn execute() i32 {
    const input = clawdbot.input() catch return 1;
    const result: u32 = switch (input[0]) {
        's' => sieve(),
        'f' => fib(35),
        'q' => shellSort(),
        else => 0,
    };
    clawdbot.output(&@as([4]u8, @bitCast(result)));
    return 0;
}
