import { existsSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "vitest"
import { parse } from "yaml"

const root = fileURLToPath(new URL("../../", import.meta.url))
const compose = parse(readFileSync(`${root}docker-compose.yml`, "utf8"), { merge: true })
const services = Object.entries<Record<string, any>>(compose.services)

describe.each(services)("the container of %s", (_name, service) => {
  it("has no privileges and cannot write to its own file system", () => {
    assert.isTrue(service["read_only"])
    assert.deepStrictEqual(service["cap_drop"], ["ALL"])
    assert.isUndefined(service["cap_add"])
    assert.isUndefined(service["privileged"])
    assert.include(service["security_opt"], "no-new-privileges:true")
    assert.match(service["user"], /^[1-9]\d*:[1-9]\d*$/)
    for (const mount of service["tmpfs"] ?? []) assert.match(mount, /size=\d+m,noexec,nosuid,nodev/)
  })

  it("does not mount Docker's socket", () => {
    assert.notInclude(JSON.stringify(service), "docker.sock")
  })

  it("has limits, a health check and a pinned image", () => {
    for (const name of ["mem_limit", "cpus", "pids_limit", "healthcheck", "restart", "logging"]) {
      assert.isDefined(service[name], name)
    }
    assert.match(service["image"] ?? "", /:(?!latest)[\w.-]*\d[\w.-]*\}?$/)
  })

  it("is reachable only from this host", () => {
    for (const port of service["ports"] ?? []) assert.match(port, /^127\.0\.0\.1:/)
  })

  it("mounts only existing files, read-only, and named volumes", () => {
    for (const mount of service["volumes"] ?? []) {
      const [source, , mode] = mount.split(":")
      if (source.startsWith(".")) {
        assert.isTrue(existsSync(root + source), source)
        assert.strictEqual(mode, "ro", source)
      } else assert.property(compose.volumes, source)
    }
  })
})
