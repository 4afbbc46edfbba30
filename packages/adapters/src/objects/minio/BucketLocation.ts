import { Effect, Redacted } from "effect"
import { ObjectStoreError } from "../ObjectStore.ts"

/** A bucket, its server and the key to it. */
export interface BucketLocation {
  readonly host: string
  readonly port: number
  readonly secure: boolean
  readonly accessKey: string
  readonly secretKey: Redacted.Redacted<string>
  readonly bucket: string
  readonly region: string
}

/** The default of MinIO and S3. */
const defaultRegion = "us-east-1"

const refuse = (what: string) =>
  Effect.fail(new ObjectStoreError({ operation: "start", cause: new Error(`OBJECT_STORE_URL ${what}`) }))

/** Reads `http://KEY:SECRET@host:9000/bucket?region=us-east-1`; `https` means TLS; the region is optional. */
export const parseBucketLocation = (
  text: Redacted.Redacted<string>
): Effect.Effect<BucketLocation, ObjectStoreError> => {
  // URL.parse returns null where `new URL` throws an error that shows the secret.
  const url = URL.parse(Redacted.value(text))
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) return refuse("must be an http(s) URL")
  if (url.username === "" || url.password === "") return refuse("must contain KEY:SECRET@ before the host")
  const [bucket = "", ...rest] = url.pathname.slice(1).split("/")
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket) || rest.some((part) => part !== "")) {
    return refuse("must end with the name of one bucket (3 to 63 of a-z, 0-9, . and -)")
  }
  const secure = url.protocol === "https:"
  return Effect.try({
    try: () => ({
      host: url.hostname.replace(/^\[|\]$/g, ""),
      port: Number(url.port) || (secure ? 443 : 80),
      secure,
      accessKey: decodeURIComponent(url.username),
      secretKey: Redacted.make(decodeURIComponent(url.password)),
      bucket,
      region: url.searchParams.get("region") ?? defaultRegion
    }),
    catch: () =>
      new ObjectStoreError({
        operation: "start",
        cause: new Error("OBJECT_STORE_URL must have KEY and SECRET %-encoded")
      })
  })
}
