/** The pull request of the demo: the files it changes, with problems planted in several languages. */

export const base = {
  "README.md": "# shop\n",
  "src/cart.ts":
    "export interface Line {\n  readonly price: number;\n}\n\nexport function total(lines: readonly Line[]): number {\n  return lines.reduce((sum, line) => sum + line.price, 0);\n}\n",
} as const;

export const opened = {
  "src/cart.ts":
    "export interface Line {\n  readonly price: number;\n}\n\nexport function total(lines: readonly Line[], discount: string): number {\n  const sum = lines.reduce((all, line) => all + line.price, 0);\n  return eval(sum + discount);\n}\n",
  "jobs/export.py":
    'import subprocess\n\n\ndef export(shop):\n    try:\n        subprocess.run("tar cf " + shop + ".tar data", shell=True)\n    except:\n        pass\n',
  "migrations/0007_orders.sql": "CREATE INDEX orders_customer ON orders (customer_id);\n",
  "store/client.go":
    'package store\n\nimport "crypto/tls"\n\nfunc insecure() *tls.Config {\n\treturn &tls.Config{InsecureSkipVerify: true}\n}\n',
  Dockerfile: "FROM node:latest\nCOPY . /app\nRUN curl -fsSL https://shop.example/setup | sh\n",
} as const;

/** The second push mends one file … */
export const mended = {
  "jobs/export.py":
    'import subprocess\n\n\ndef export(shop):\n    subprocess.run(["tar", "cf", f"{shop}.tar", "data"], check=True)\n',
} as const;

/** … and the third, right behind it, only says so. */
export const explained = { "README.md": "# shop\n\nExports are made with tar.\n" } as const;

const image = (service: string) => `FROM node:latest\nCOPY services/${service} /app\n`;

/** One more change on a pull request. */
export function changed(at: number) {
  return { [`services/extra-${at}/Dockerfile`]: image(`extra-${at}`) };
}

/** Another pull request: one problem several times, as it takes to have a rule proposed for suppression. */
export const repeated = {
  "services/cart/Dockerfile": image("cart"),
  "services/mail/Dockerfile": image("mail"),
  "services/search/Dockerfile": image("search"),
} as const;
