/** The App's installation on one account, and what its owner does with it. */
import { announceInstallation } from "../acts/accounts.ts";
import type { Resource } from "../rate-limits.ts";
import type { Installation, Permissions } from "../state.ts";
import type { World } from "../world.ts";

export class InstallationHandle {
  readonly #world: World;
  readonly #installation: Installation;

  constructor(world: World, installation: Installation) {
    this.#world = world;
    this.#installation = installation;
  }

  get id(): number {
    return this.#installation.id;
  }

  /** Sends `installation.created`, as if it had been made just now. */
  announce(): void {
    announceInstallation(this.#world, this.#installation, "created");
  }

  suspend(): void {
    this.#installation.suspendedAt = this.#world.clock.now();
    announceInstallation(this.#world, this.#installation, "suspend");
  }

  unsuspend(): void {
    this.#installation.suspendedAt = null;
    announceInstallation(this.#world, this.#installation, "unsuspend");
  }

  /** Its tokens stop working at once. */
  delete(): void {
    this.#installation.deleted = true;
    announceInstallation(this.#world, this.#installation, "deleted");
  }

  /** Replaces what the owner granted; tokens minted before lose what is gone. */
  setPermissions(permissions: Permissions): void {
    this.#installation.permissions = permissions;
    announceInstallation(this.#world, this.#installation, "new_permissions_accepted");
  }

  /** Uses up what is left of the hour's calls or points. */
  exhaust(resource: Resource): void {
    const { account: _, ...rest } = this.#installation;
    const token = { installation: this.#installation, repositories: null, permissions: rest.permissions };
    const caller = { kind: "installation", token: { ...token, value: "", expiresAtMs: 0 } } as const;
    this.#world.rateLimits.exhaust(this.#world, caller, resource);
  }
}
