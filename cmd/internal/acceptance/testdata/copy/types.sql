-- A database with what databases have: types, keys of several columns, a table that refers to
-- itself, views, computed columns, names that need quotes, empty and wide values.
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN amount AS numeric(12,2) CHECK (VALUE >= 0);

CREATE TABLE kinds (
    id bigint PRIMARY KEY,
    yes boolean,
    small smallint,
    whole integer NOT NULL,
    big bigint,
    ratio real,
    precise double precision,
    price numeric(12,2) NOT NULL,
    exact numeric(38,10),
    digits numeric(50,5),
    paid amount,
    note text,
    name varchar(40) NOT NULL,
    code char(4),
    raw bytea,
    day date,
    clock time,
    moment timestamp,
    instant timestamptz,
    lasts interval,
    doc json,
    docb jsonb,
    ident uuid,
    list integer[],
    words text[],
    feels mood,
    address inet,
    bits bit(8)
);
INSERT INTO kinds VALUES
    (1, true, -32768, 2147483647, 9223372036854775807, 0.5, 0.125, 9999999999.99, 1234567890123456789012345678.0123456789, 12345678901234567890123456789012345678901234.12345, 1.5,
     E'tab\there, line\nthere, bar | and ''quote''', 'Ann', 'ab', '\x00ff10', '2024-02-29', '23:59:59.125', '2024-02-29 12:34:56.789', '2024-02-29 12:34:56.789+02',
     '1 year 2 mons 3 days 04:05:06.7', '{"b": 1.50,  "a": [1, 2]}', '{"b": 1.50, "a": [1, 2]}', '11111111-2222-3333-4444-555555555555', '{1,NULL,3}', '{"a b",NULL,"c\"d"}', 'happy', '10.0.0.1/24', B'10100101'),
    (2, false, 0, -2147483648, -9223372036854775808, -1.25, 1024.0625, 0.01, -0.0000000001, -1, 0, '', 'Ü ber ✓ 𝄞', '', '\x', '0001-01-01', '00:00:00', '1970-01-01', '9999-12-31 23:59:59+00',
     '-1 days', 'null', '[]', 'ffffffff-ffff-ffff-ffff-ffffffffffff', '{}', '{}', 'sad', '::1', B'00000000'),
    (3, NULL, NULL, 0, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, '007', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO kinds (id, whole, price, name, precise, note) SELECT n, n, n / 100.0, 'row ' || n, n / 8.0, repeat('x', n % 200) FROM generate_series(4, 3000) AS n;

CREATE TABLE lines (
    shop text NOT NULL,
    "order" integer NOT NULL,
    line smallint NOT NULL,
    item varchar(20),
    PRIMARY KEY (shop, "order", line)
);
INSERT INTO lines SELECT 'shop ' || n % 3, n / 5, n % 5, nullif('item ' || n % 7, 'item 3') FROM generate_series(0, 499) AS n;

CREATE TABLE people (
    id integer PRIMARY KEY,
    boss integer REFERENCES people,
    name text NOT NULL
);
INSERT INTO people VALUES (1, NULL, 'top'), (2, 1, 'middle'), (3, 2, 'low');

CREATE TABLE squares (
    n integer PRIMARY KEY,
    square bigint GENERATED ALWAYS AS (n::bigint * n) STORED
);
INSERT INTO squares (n) SELECT generate_series(-50, 50);

CREATE TABLE counted (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "Mixed Case" text,
    "say ""hi""" text,
    "semi;colon -- x" text
);
INSERT INTO counted ("Mixed Case", "say ""hi""", "semi;colon -- x") VALUES ('O''Brien; DROP TABLE people', NULL, '--'), (NULL, 'x', '');

CREATE TABLE "Odd.Name" (a integer, "a.b" text);
INSERT INTO "Odd.Name" VALUES (1, 'x'), (NULL, NULL);

CREATE TABLE empty_one (a integer NOT NULL, b text);
CREATE TABLE parts (day date NOT NULL, n integer) PARTITION BY RANGE (day);
CREATE TABLE parts_23 PARTITION OF parts FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
CREATE TABLE parts_24 PARTITION OF parts FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
INSERT INTO parts SELECT '2023-06-01'::date + n, n FROM generate_series(0, 400) AS n;

CREATE VIEW cheap AS SELECT id, price FROM kinds WHERE price < 1;
CREATE MATERIALIZED VIEW totals AS SELECT shop, count(*) AS lines FROM lines GROUP BY shop;
