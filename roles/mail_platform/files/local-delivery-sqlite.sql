-- Local Delivery per domain, beside PostfixAdmin's tables. A domain without a row is delivered here (enabled).
-- old_mx is "[host]:port"; expires is in seconds since 1970, 0 = never; reason is the operator's, for what guards refused.
CREATE TABLE IF NOT EXISTS local_delivery (
    domain VARCHAR(255) NOT NULL PRIMARY KEY,
    enabled INTEGER NOT NULL DEFAULT 1,
    old_mx VARCHAR(255) NOT NULL DEFAULT '',
    expires BIGINT NOT NULL DEFAULT 0,
    ticket VARCHAR(255) NOT NULL DEFAULT '',
    reason VARCHAR(255) NOT NULL DEFAULT '',
    modified DATETIME NOT NULL DEFAULT '2000-01-01 00:00:00'
);
