print(string.format("%d %i %5d|%-5d|%05d|%+d|% d", 1, 2, 3, 4, 5, 6, 7))

print(string.format("%d %d %d", 3.99, -3.99, "0x10")) print(string.format("%5.3d|%-8.3d|%+.3d|%.0d|%.d|", 5, 5, 5, 0, 0))

print(string.format("%d %d", 2^31, -2^31)) print(string.format("%d", 2^53)) print(string.format("%d", 1e15))

print(string.format("%u %5u %-5u|%05u", 1, 2, 3, 4)) print(string.format("%u", -1)) print(string.format("%u", 2^63))

print(string.format("%x %X %#x %#X %08x %-8x|", 255, 255, 255, 255, 255, 255)) print(string.format("%x", -1)) print(string.format("%X", 2^32))

print(string.format("%o %#o %.5o %#.2o %#o", 8, 8, 8, 8, 0)) print(string.format("%#x %#X %#.0x|", 0, 0, 0))

print(string.format("%c%c%c", 72, 105, 33), string.format("%5c|%-5c|", 65, 66), string.format("%c", "65"))

print(string.format("%s %10s|%-10s|%.2s|%10.2s|", "a", "b", "c", "defg", "hijk")) print(string.format("%s", 12), string.format("%s", 1.5), string.format("%5s", 1))

print(string.format("%f %.2f %10.3f|%-10.3f|%010.3f|%+f|% f", 1, 2.345, 3, 4, 5, 6, 7))

print(string.format("%.0f %.0f %.0f %.0f %#.0f", 0.5, 1.5, 2.5, -0.5, 1)) print(string.format("%f %f", 1e15, 1e-7)) print(string.format("%.20f", 0.1))

print(string.format("%e %.2e %.0e %E %#.0e", 12345.678, 0.00012, 5, 1e100, 3)) print(string.format("%12.3e|%-12.3e|%012.3e", 1.5, 1.5, 1.5))

print(string.format("%g %g %g %g %g %g", 1, 0.1, 1e20, 1e-5, 123456, 1234567)) print(string.format("%.3g %.10g %.0g %G %G", 1234.5, 0.1, 15, 1e-10, 1e20))

print(string.format("%#g %#.3g %#g %#.0g %#.1g", 1, 2, 1e10, 1, 100)) print(string.format("%14.14g|%-14g|%014g|%+g|% g", 1.5, 1.5, 1.5, 1.5, 1.5))

print(string.format("%f %f %g %e", 1/0, -1/0, 1/0, 1/0)) print(string.format("%5.1f|%-8f|%08f|%+f", 1/0, 1/0, 1/0, 1/0)) print(string.format("%F", 1) == nil)

print(string.format("%.99f", 1/3)) print(string.format("%99.99f", -2^70)) print(#string.format("%.99f", 1.7976931348623157e308)) print(string.format("%.14g", 5e-324))

print(string.format("%q", 'a "quoted" \\ line\nnext\rcr')) print(string.format("%q", "nul\0x"), string.format("%q", "")) print(string.format("%q", 12))

print(string.format("%%")) print(string.format("100%%")) print(string.format("%5d%%", 50)) print(string.format("")) print(string.format("no conversions"))

print(string.format("%s %s %s", "a", "b", "c")) print(string.format("extra", 1, 2, 3)) print(string.format(123)) print(string.format("%-5s|%5s", "ab", "cd"))

print(pcall(string.format)) print(pcall(string.format, nil)) print(pcall(string.format, "%d")) print(pcall(string.format, "%s")) print(pcall(string.format, "%d %d", 1))

print(pcall(string.format, "%d", "x")) print(pcall(string.format, "%d", {})) print(pcall(string.format, "%d", nil)) print(pcall(string.format, "%f", true)) print(pcall(string.format, "%c", "x"))

print(pcall(string.format, "%y", 1)) print(pcall(string.format, "%", 1)) print(pcall(string.format, "x%", 1)) print(pcall(string.format, "%10", 1)) print(pcall(string.format, "%l", 1)) print(pcall(string.format, "%ld", 1))

print(pcall(string.format, "%123d", 1)) print(pcall(string.format, "%.123f", 1)) print(pcall(string.format, "%-+ #00d", 1)) print(pcall(string.format, "%----d", 1)) print(pcall(string.format, "%*d", 5, 1))

print(pcall(string.format, "%q")) print(pcall(string.format, "%q", nil)) print(pcall(string.format, "%n", 1)) print(pcall(string.format, "%p", 1)) print(pcall(string.format, "%\0", 1))

print(pcall(function() string.format("%d", "x") end)) print(pcall(function() ("%d"):format("x") end)) print(pcall(function() ("%d"):format() end)) print(pcall(function() ("%s %s"):format(1) end))

print(("%s=%d"):format("x", 5), ("%5.1f"):format(3.14159), ("%03d"):format(7), ("%x"):format(4096))

print(string.format("%.3d", -5), string.format("%06d", -5), string.format("%-6d|", -5), string.format("%+5d", -5), string.format("% 05d", 42))

print(string.format("%s", ("x"):rep(200)):len(), string.format("%300s", "x") == nil)

print(pcall(string.format, "%300s", "x")) print(#string.format("%99s", "x"), #string.format("%-99s|", "x"), #string.format("%.99s", ("y"):rep(200)))

print(string.format("%05s|%-05s|%+s|%#s", "ab", "ab", "ab", "ab")) print(string.format("%05c|%.3c", 65, 66))

print(string.format("%02d:%02d:%02d", 1, 2, 3), string.format("%4d-%02d-%02d", 2024, 1, 5), string.format("%-20s%10.2f", "total", 12.5))

print(string.format("%g %g %g", 100000, 1000000, 1e6 + 0.5)) print(string.format("%g", 0), string.format("%g", -0), string.format("%f", -0.0), string.format("%d", -0.5), string.format("%+d", 0))

print(string.format("%.1f %.1f %.1f %.1f", 0.25, 0.35, 0.45, -0.25)) print(string.format("%.3f", 2.0005), string.format("%.15g %.16g %.17g", 0.1, 0.1, 0.1))

print(string.format("%i|%5i|%-5i|", 1.9, "2", 3)) print(string.format("%.f", 2.5), string.format("%.e", 12345), string.format("%.g", 12345))
