import pg from "pg";
import type { Order, Orders } from "./orders.ts";

interface Row {
  readonly id: string;
  readonly item: string;
  readonly quantity: number;
  readonly created_at: Date;
}

/** Orders in the PostgreSQL table `orders`, which migrate.ts makes. */
export function postgresOrders(url: string): Orders {
  const pool = new pg.Pool({
    connectionString: url,
    max: 5,
    connectionTimeoutMillis: 2000,
    query_timeout: 5000,
  });
  // An idle connection that the server ends is replaced at the next query; without a listener it would end the process.
  pool.on("error", (error) => console.error(`database connection lost: ${error.message}`));
  return {
    async ping() {
      await pool.query("select 1");
    },
    async newest() {
      const { rows } = await pool.query<Row>(
        "select id, item, quantity, created_at from orders order by id desc limit 20",
      );
      return rows.map(toOrder);
    },
    async add({ item, quantity }) {
      const { rows } = await pool.query<Row>(
        "insert into orders (item, quantity) values ($1, $2) returning id, item, quantity, created_at",
        [item, quantity],
      );
      const [row] = rows;
      if (row === undefined) throw new Error("the database returned no row for a new order");
      return toOrder(row);
    },
    close: () => pool.end(),
  };
}

function toOrder(row: Row): Order {
  return {
    id: Number(row.id),
    item: row.item,
    quantity: row.quantity,
    createdAt: row.created_at.toISOString(),
  };
}
