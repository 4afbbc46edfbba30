// Before canvas is loaded: it would look for fonts below a home, which the child's user need not have. pdf.js brings its own.
// biome-ignore lint/style/noProcessEnv: written, not read; the only way to tell canvas.
process.env["DISABLE_SYSTEM_FONTS_LOAD"] = "1"
