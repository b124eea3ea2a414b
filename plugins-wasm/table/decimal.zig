//! Decimals with 12 places, exact in sums: what tables hold, up to 26 digits before the point.
const std = @import("std");

const places = 12;
const unit: i128 = 1_000_000_000_000;
const whole_max: i128 = std.math.maxInt(i128) / unit / 1_000_000_000;

pub const Decimal = struct {
    scaled: i128,

    /// Also with commas before three digits; null for what is no number, or has more places than are kept.
    pub fn parse(text: []const u8) ?Decimal {
        const trimmed = std.mem.trim(u8, text, " ");
        const negative = std.mem.startsWith(u8, trimmed, "-");
        const digits = if (negative or std.mem.startsWith(u8, trimmed, "+")) trimmed[1..] else trimmed;
        var value: i128 = 0;
        var behind: ?usize = null;
        var seen = false;
        for (digits, 0..) |c, at| {
            if (c == '.' and behind == null) {
                behind = 0;
            } else if (c == ',' and behind == null and seen and threeDigits(digits[at + 1 ..])) {
                continue;
            } else if (std.ascii.isDigit(c)) {
                if (value > whole_max * unit / 10) return null;
                value = value * 10 + (c - '0');
                seen = true;
                if (behind) |count| behind = count + 1;
                if (behind != null and behind.? > places) return null;
            } else return null;
        }
        if (!seen) return null;
        for (behind orelse 0..places) |_| {
            if (value > whole_max * unit) return null;
            value *= 10;
        }
        return .{ .scaled = if (negative) -value else value };
    }

    /// Saturated: a sum that is too large stays the largest.
    pub fn plus(a: Decimal, b: Decimal) Decimal {
        return .{ .scaled = a.scaled +| b.scaled };
    }

    /// Rounded to the last place.
    pub fn over(self: Decimal, count: usize) Decimal {
        const by: i128 = @intCast(count);
        const half = @divTrunc(by, 2);
        return .{ .scaled = @divTrunc(if (self.scaled < 0) self.scaled -| half else self.scaled +| half, by) };
    }

    pub fn order(a: Decimal, b: Decimal) std.math.Order {
        return std.math.order(a.scaled, b.scaled);
    }

    pub fn write(self: Decimal, memory: std.mem.Allocator) ![]const u8 {
        const magnitude = @abs(self.scaled);
        const text = try std.fmt.allocPrint(memory, "{s}{d}.{d:0>12}", .{
            if (self.scaled < 0) "-" else "",
            magnitude / @as(u128, @intCast(unit)),
            magnitude % @as(u128, @intCast(unit)),
        });
        return std.mem.trimEnd(u8, std.mem.trimEnd(u8, text, "0"), ".");
    }
};

fn threeDigits(rest: []const u8) bool {
    for (0..3) |index| if (index >= rest.len or !std.ascii.isDigit(rest[index])) return false;
    return rest.len == 3 or !std.ascii.isDigit(rest[3]);
}
