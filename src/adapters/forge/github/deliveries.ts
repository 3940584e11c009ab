/** The App's webhook deliveries, as GitHub has them on record. */
import type { Forge } from "../forge.ts";
import type { GitHubClient } from "./github-client.ts";
import { pages } from "./pages.ts";
import { appScope } from "./scope.ts";

export function createDeliveries(client: GitHubClient): Pick<Forge, "listDeliveries" | "redeliver"> {
  return {
    listDeliveries: async function* () {
      for await (const page of pages(client.as(appScope), "GET /app/hook/deliveries", {})) {
        // A delivery that got no answer at all has status code 0 and some text: "OK" alone means it arrived.
        for (const { id, guid, event, delivered_at, status } of page)
          yield { id: String(id), guid, event, deliveredAt: delivered_at, succeeded: status === "OK" };
      }
    },
    redeliver: async (deliveryId) => {
      // Untyped: Octokit's type of this endpoint takes the id for a number, which loses the last digits of long ones.
      const url = "/app/hook/deliveries/{delivery_id}/attempts";
      await client.as(appScope)({ method: "POST", url, delivery_id: deliveryId });
    },
  };
}
