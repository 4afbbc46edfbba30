/** The 48 bits of milliseconds in a UUIDv7 (RFC 9562 section 5.7). */
const maxMillis = 2 ** 48 - 1

/** When a UUIDv7 was created, in milliseconds since the epoch. */
export const millisOf = (id: string) => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)

/** The smallest UUIDv7 of that time: a range of times is a range of ids, and needs no index of its own. */
export const firstIdAt = (millis: number) => {
  const hex = Math.min(Math.max(Math.ceil(millis), 0), maxMillis)
    .toString(16)
    .padStart(12, "0")
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`
}
