/** A binary gray map (PGM "P5"), the image Tesseract reads fastest: a byte for each pixel, row by row. */
export const pgmOf = (gray: Uint8Array, width: number, height: number): Uint8Array =>
  Buffer.concat([Buffer.from(`P5\n${width} ${height}\n255\n`), gray])
