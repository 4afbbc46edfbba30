/** The body of an upload, as a browser sends it. */
export const uploadForm = (content: string | Blob | Uint8Array<ArrayBuffer>, filename = "note.txt") => {
  const form = new FormData()
  form.append("file", content instanceof Blob ? content : new Blob([content]), filename)
  return form
}

// The rest builds multipart bodies by hand, so that they can be malformed.

export const boundary = "kite-test-boundary"
export const contentType = `multipart/form-data; boundary=${boundary}`

/** A part with this disposition; `filename` is not escaped. */
export const part = (name: string, content: string, filename?: string) =>
  `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${filename === undefined ? "" : `; filename="${filename}"`}\r\n\r\n${content}\r\n`

export const end = `--${boundary}--\r\n`

export const filePart = (content = "hello world", filename = "note.txt") => part("file", content, filename)
