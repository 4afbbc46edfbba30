/** What people upload although kite does not read it: where its signature is, the signature, what it is called. */
const formats: ReadonlyArray<readonly [number, string, string]> = [
  [0, "MZ", "a Windows program"],
  [0, "\x7fELF", "a Linux program"],
  [0, "\x1f\x8b", "a gzip archive"],
  [0, "BZh", "a bzip2 archive"],
  [0, "\xfd7zXZ\0", "an xz archive"],
  [0, "\x28\xb5\x2f\xfd", "a Zstandard archive"],
  [0, "Rar!\x1a\x07", "a RAR archive"],
  [0, "7z\xbc\xaf\x27\x1c", "a 7-Zip archive"],
  [257, "ustar", "a tar archive"],
  [0, "BM", "a BMP image"],
  [4, "ftyphei", "a HEIC image"],
  [4, "ftyphev", "a HEIC image"],
  [4, "ftypmif1", "a HEIC image"],
  [0, "\0\0\0\x0cjP  ", "a JPEG 2000 image"],
  [0, "\xff\x4f\xff\x51", "a JPEG 2000 image"],
  [0, "\xff\x0a", "a JPEG XL image"],
  [0, "\0\0\0\x0cJXL ", "a JPEG XL image"],
  [0, "\0\0\x01\0", "an icon"],
  [0, "8BPS", "a Photoshop image"],
  [0, "AT&TFORM", "a DjVu document"],
  [4, "ftyp", "a video"],
  [0, "\x1aE\xdf\xa3", "a video"],
  [8, "AVI ", "a video"],
  [8, "WAVE", "an audio file"],
  [0, "ID3", "an audio file"],
  [0, "\xff\xfb", "an audio file"],
  [0, "OggS", "an audio file"],
  [0, "fLaC", "an audio file"],
  [0, "SQLite format 3\0", "an SQLite database"]
]

/** The name of a format that is not read, with its article. */
export const foreignFormat = (head: Buffer): string => {
  const start = head.toString("latin1", 0, 512)
  const format = formats.find(([offset, signature]) => start.startsWith(signature, offset))
  return format?.[2] ?? "binary data of an unknown kind"
}
