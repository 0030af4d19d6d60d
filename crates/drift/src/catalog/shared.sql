-- What the other parts refer to.
WITH
-- Schemas whose objects are looked at, with what stands before a name in them.
spaces AS MATERIALIZED (
    SELECT n.oid, n.nspname, n.nspowner,
        CASE n.nspname WHEN 'public' THEN '' ELSE quote_ident(n.nspname) || '.' END AS prefix
    FROM pg_namespace AS n
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
),
-- The migrator's ledger: whose it is, and what belongs to it.
ledger AS MATERIALIZED (
    SELECT c.relowner AS owner, ARRAY[
        spaces.prefix || 'schema_migrations',
        spaces.prefix || 'schema_migration_history',
        spaces.prefix || 'schema_migration_history_append_only()'
    ] AS names
    FROM pg_class AS c
    JOIN spaces ON spaces.oid = c.relnamespace
    WHERE c.relname = 'schema_migrations' AND c.relkind = 'r'
    ORDER BY spaces.nspname <> 'public', spaces.nspname
    LIMIT 1
),
-- The role that runs the migrations: it owns the ledger. Where there is no ledger yet, it is who asks.
me AS MATERIALIZED (
    SELECT coalesce((SELECT ledger.owner FROM ledger), current_user::regrole)::oid AS owner
),
-- What an extension brought is the extension's affair.
extended AS MATERIALIZED (
    SELECT d.classid, d.objid
    FROM pg_depend AS d
    WHERE d.deptype = 'e'
),
-- Roles by the name to be shown: NULL is the role that runs the migrations, whatever it is called here.
roles AS MATERIALIZED (
    SELECT r.oid, CASE WHEN r.oid <> me.owner THEN r.rolname::text END AS name
    FROM pg_roles AS r, me
),
-- Access rights that were ever changed, beside those that an object of its kind has from the start.
acls AS (
    SELECT 'pg_class'::regclass::oid AS classid, c.oid AS objid, 0 AS subid, c.relowner AS owner, c.relacl AS acl,
        acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner) AS usual
    FROM pg_class AS c
    UNION ALL
    SELECT 'pg_class'::regclass, a.attrelid, a.attnum, c.relowner, a.attacl, acldefault('c', c.relowner)
    FROM pg_attribute AS a
    JOIN pg_class AS c ON c.oid = a.attrelid
    WHERE a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT 'pg_proc'::regclass, p.oid, 0, p.proowner, p.proacl, acldefault('f', p.proowner)
    FROM pg_proc AS p
    UNION ALL
    SELECT 'pg_type'::regclass, t.oid, 0, t.typowner, t.typacl, acldefault('T', t.typowner)
    FROM pg_type AS t
    UNION ALL
    SELECT 'pg_namespace'::regclass, n.oid, 0, n.nspowner, n.nspacl, acldefault('n', n.nspowner)
    FROM pg_namespace AS n
    UNION ALL
    SELECT 'pg_language'::regclass, l.oid, 0, l.lanowner, l.lanacl, acldefault('l', l.lanowner)
    FROM pg_language AS l
    UNION ALL
    SELECT 'pg_foreign_data_wrapper'::regclass, w.oid, 0, w.fdwowner, w.fdwacl, acldefault('F', w.fdwowner)
    FROM pg_foreign_data_wrapper AS w
    UNION ALL
    SELECT 'pg_foreign_server'::regclass, s.oid, 0, s.srvowner, s.srvacl, acldefault('S', s.srvowner)
    FROM pg_foreign_server AS s
    UNION ALL
    -- In a schema the defaults of a kind are added to; for all schemas they are replaced.
    SELECT 'pg_default_acl'::regclass, d.oid, 0, d.defaclrole, d.defaclacl,
        CASE d.defaclnamespace
            WHEN 0 THEN acldefault(CASE d.defaclobjtype WHEN 'S' THEN 's' ELSE d.defaclobjtype END, d.defaclrole)
            ELSE '{}'
        END
    FROM pg_default_acl AS d
),
-- Only what differs from that: `SELECT to reporting`, `no EXECUTE to public`.
grants AS MATERIALIZED (
    SELECT a.classid, a.objid, a.subid, jsonb_agg(
        change.prefix || change.privilege_type || ' to ' || CASE change.grantee
            WHEN 0 THEN 'public'
            WHEN a.owner THEN 'its owner'
            ELSE coalesce(roles.name, 'the migrating role')
        END || CASE WHEN change.is_grantable THEN ' with grant option' ELSE '' END
        ORDER BY change.prefix, roles.name COLLATE "C", change.grantee = 0, change.privilege_type COLLATE "C"
    ) AS list
    FROM acls AS a
    CROSS JOIN LATERAL (
        SELECT '' AS prefix, more.*
        FROM (
            SELECT grantee, privilege_type, is_grantable FROM aclexplode(a.acl)
            EXCEPT
            SELECT grantee, privilege_type, is_grantable FROM aclexplode(a.usual)
        ) AS more
        UNION ALL
        SELECT 'no ', less.*
        FROM (
            SELECT grantee, privilege_type, is_grantable FROM aclexplode(a.usual)
            EXCEPT
            SELECT grantee, privilege_type, is_grantable FROM aclexplode(a.acl)
        ) AS less
    ) AS change
    LEFT JOIN roles ON roles.oid = change.grantee
    WHERE a.acl IS NOT NULL AND a.acl <> a.usual AND a.objid >= 16384
        OR a.acl IS NOT NULL AND a.objid = 'public'::regnamespace AND a.classid = 'pg_namespace'::regclass
    GROUP BY a.classid, a.objid, a.subid
),
