import { expect, test } from "vitest";
import { packagesOf } from "../../../src/rehearsal/parts/debian.ts";

// apt-get 2.6.1 install -s --no-install-recommends runc openssl iproute2, shortened.
const simulated = `NOTE: This is only a simulation!
Reading package lists...
iproute2 is already the newest version (6.1.0-3).
The following packages will be upgraded:
  openssl
Inst openssl [3.0.15-1~deb12u1] (3.0.22-1~deb12u2 Debian-Security:12/oldstable-security [amd64])
Inst runc (1.1.5+ds1-1+deb12u1 Debian:12.15/oldstable [amd64])
Inst uidmap [1:4.13-1] (1:4.13+dfsg1-1+deb12u2 Debian:12.15/oldstable [amd64]) []
Conf openssl (3.0.22-1~deb12u2 Debian-Security:12/oldstable-security [amd64])
Conf runc (1.1.5+ds1-1+deb12u1 Debian:12.15/oldstable [amd64])
`;

test("packagesOf() names new and newer packages with their versions, each once", () => {
  expect(packagesOf(simulated)).toEqual([
    "openssl=3.0.22-1~deb12u2",
    "runc=1.1.5+ds1-1+deb12u1",
    "uidmap=1:4.13+dfsg1-1+deb12u2",
  ]);
});

test("packagesOf() is empty when nothing is missing", () => {
  expect(packagesOf("0 upgraded, 0 newly installed, 0 to remove and 127 not upgraded.\n")).toEqual([]);
});
