//! Fractions of whole numbers of any size up to a bound, in their lowest terms.
const std = @import("std");
const Int = std.math.big.int.Managed;

/// The most bits that a numerator or denominator may have: some 15,000 digits.
pub const bits_max = 50_000;

pub const Error = error{ OutOfMemory, TooLarge, DivisionByZero, NotWhole, NotSquare, Negative };

pub const Rational = struct {
    top: Int,
    /// Above zero.
    bottom: Int,

    pub fn whole(memory: std.mem.Allocator, value: anytype) Error!Rational {
        return .{ .top = try .initSet(memory, value), .bottom = try .initSet(memory, 1) };
    }

    /// In its lowest terms.
    pub fn of(memory: std.mem.Allocator, top: Int, bottom: Int) Error!Rational {
        if (bottom.eqlZero()) return error.DivisionByZero;
        if (top.bitCountAbs() > bits_max or bottom.bitCountAbs() > bits_max) return error.TooLarge;
        if (top.eqlZero()) return whole(memory, 0);
        var divisor: Int = try .init(memory);
        divisor.gcd(&top, &bottom) catch return error.OutOfMemory;
        var made: Rational = .{ .top = try .init(memory), .bottom = try .init(memory) };
        var rest: Int = try .init(memory);
        made.top.divTrunc(&rest, &top, &divisor) catch return error.OutOfMemory;
        made.bottom.divTrunc(&rest, &bottom, &divisor) catch return error.OutOfMemory;
        if (!made.bottom.isPositive()) {
            made.top.negate();
            made.bottom.negate();
        }
        return made;
    }

    pub fn isWhole(self: Rational) bool {
        return self.bottom.bitCountAbs() == 1;
    }

    pub fn isNegative(self: Rational) bool {
        return !self.top.isPositive() and !self.top.eqlZero();
    }

    pub fn negated(self: Rational) Error!Rational {
        var made = self;
        made.top = try self.top.clone();
        made.top.negate();
        return made;
    }

    pub fn plus(memory: std.mem.Allocator, a: Rational, b: Rational) Error!Rational {
        const left = try product(memory, a.top, b.bottom);
        const right = try product(memory, b.top, a.bottom);
        var sum: Int = try .init(memory);
        try sum.add(&left, &right);
        return of(memory, sum, try product(memory, a.bottom, b.bottom));
    }

    pub fn times(memory: std.mem.Allocator, a: Rational, b: Rational) Error!Rational {
        return of(memory, try product(memory, a.top, b.top), try product(memory, a.bottom, b.bottom));
    }

    pub fn over(memory: std.mem.Allocator, a: Rational, b: Rational) Error!Rational {
        return of(memory, try product(memory, a.top, b.bottom), try product(memory, a.bottom, b.top));
    }

    /// What is left of `a` after whole multiples of `b`, with the sign of `b`.
    pub fn modulo(memory: std.mem.Allocator, a: Rational, b: Rational) Error!Rational {
        const quotient = try over(memory, a, b);
        var floor: Int = try .init(memory);
        var rest: Int = try .init(memory);
        floor.divFloor(&rest, &quotient.top, &quotient.bottom) catch return error.OutOfMemory;
        const taken = try times(memory, b, try of(memory, floor, try .initSet(memory, 1)));
        return plus(memory, a, try taken.negated());
    }

    pub fn toThe(memory: std.mem.Allocator, base: Rational, exponent: Rational) Error!Rational {
        if (!exponent.isWhole()) return error.NotWhole;
        const wanted = exponent.top.toInt(i32) catch return error.TooLarge;
        const count: u32 = @intCast(@abs(@as(i64, wanted)));
        const bits = @max(base.top.bitCountAbs(), base.bottom.bitCountAbs());
        if (bits > 1 and bits * count > 2 * bits_max) return error.TooLarge;
        var made: Rational = .{ .top = try .init(memory), .bottom = try .init(memory) };
        made.top.pow(&base.top, if (bits > 1 or !base.isNegative()) count else count % 2) catch return error.OutOfMemory;
        made.bottom.pow(&base.bottom, if (bits > 1) count else 1) catch return error.OutOfMemory;
        return if (wanted < 0) of(memory, made.bottom, made.top) else of(memory, made.top, made.bottom);
    }

    pub fn factorial(memory: std.mem.Allocator, of_value: Rational) Error!Rational {
        if (!of_value.isWhole()) return error.NotWhole;
        if (of_value.isNegative()) return error.Negative;
        const count = of_value.top.toInt(u32) catch return error.TooLarge;
        if (count > 4_000) return error.TooLarge;
        var made: Int = try .initSet(memory, 1);
        for (2..count + 1) |factor| {
            const next: Int = try .initSet(memory, factor);
            made.mul(&made, &next) catch return error.OutOfMemory;
        }
        return of(memory, made, try .initSet(memory, 1));
    }

    /// Only where it is a fraction too.
    pub fn root(memory: std.mem.Allocator, of_value: Rational) Error!Rational {
        if (of_value.isNegative()) return error.Negative;
        return .{ .top = try wholeRoot(memory, of_value.top), .bottom = try wholeRoot(memory, of_value.bottom) };
    }

    /// As `355/113`, or without the line where it is whole.
    pub fn fraction(self: Rational, memory: std.mem.Allocator) Error![]const u8 {
        const top = try digits(memory, self.top);
        if (self.isWhole()) return top;
        return std.mem.concat(memory, u8, &.{ top, "/", try digits(memory, self.bottom) });
    }

    /// Its decimals: all of them where they end before `digits_max`, else cut there and `is_exact` false.
    pub fn decimal(
        self: Rational,
        memory: std.mem.Allocator,
        digits_max: usize,
    ) Error!struct { text: []const u8, is_exact: bool } {
        var top = try self.top.clone();
        top.abs();
        var quotient: Int = try .init(memory);
        var rest: Int = try .init(memory);
        quotient.divTrunc(&rest, &top, &self.bottom) catch return error.OutOfMemory;
        var text: std.ArrayList(u8) = .empty;
        if (self.isNegative()) try text.append(memory, '-');
        try text.appendSlice(memory, try digits(memory, quotient));
        const ten: Int = try .initSet(memory, 10);
        var written: usize = 0;
        while (!rest.eqlZero() and written < digits_max) : (written += 1) {
            if (written == 0) try text.append(memory, '.');
            var next: Int = try .init(memory);
            next.mul(&rest, &ten) catch return error.OutOfMemory;
            quotient.divTrunc(&rest, &next, &self.bottom) catch return error.OutOfMemory;
            try text.append(memory, '0' + (quotient.toInt(u8) catch 0));
        }
        return .{ .text = text.items, .is_exact = rest.eqlZero() };
    }
};

fn digits(memory: std.mem.Allocator, of_value: Int) Error![]const u8 {
    return of_value.toString(memory, 10, .lower) catch error.OutOfMemory;
}

fn product(memory: std.mem.Allocator, a: Int, b: Int) Error!Int {
    if (a.bitCountAbs() + b.bitCountAbs() > 2 * bits_max + 2) return error.TooLarge;
    var made: Int = try .init(memory);
    made.mul(&a, &b) catch return error.OutOfMemory;
    return made;
}

fn wholeRoot(memory: std.mem.Allocator, of_value: Int) Error!Int {
    if (of_value.eqlZero()) return .initSet(memory, 0);
    var made: Int = try .init(memory);
    made.sqrt(&of_value) catch return error.OutOfMemory;
    if (!(try product(memory, made, made)).eql(of_value)) return error.NotSquare;
    return made;
}
