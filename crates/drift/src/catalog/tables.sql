-- Tables and what looks like one, with all that hangs on them.
relations AS MATERIALIZED (
    SELECT c.tableoid, c.*, spaces.prefix || quote_ident(c.relname) AS name
    FROM pg_class AS c
    JOIN spaces ON spaces.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
        AND (c.tableoid, c.oid) NOT IN (SELECT classid, objid FROM extended)
),
columns AS (
    SELECT a.attrelid AS relid, jsonb_agg(jsonb_build_object(
        'name', a.attname,
        'type', format_type(a.atttypid, a.atttypmod),
        'not_null', a.attnotnull,
        -- PostgreSQL 18 knows a NOT NULL that old rows may still violate.
        'not_null_validated', NOT EXISTS (
            SELECT FROM pg_constraint AS n
            WHERE n.conrelid = a.attrelid AND n.contype = 'n' AND n.conkey = ARRAY[a.attnum] AND NOT n.convalidated
        ),
        'default', CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END,
        'generated', '(' || CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END || ') '
            || CASE a.attgenerated WHEN 's' THEN 'STORED' ELSE 'VIRTUAL' END,
        'identity', CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END,
        'identity_sequence', (
            SELECT format(
                'AS %s START %s INCREMENT %s MINVALUE %s MAXVALUE %s CACHE %s%s', format_type(s.seqtypid, NULL),
                s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, CASE WHEN s.seqcycle THEN ' CYCLE' END
            )
            FROM pg_depend AS p
            JOIN pg_sequence AS s ON s.seqrelid = p.objid
            WHERE p.refclassid = 'pg_class'::regclass AND p.refobjid = a.attrelid AND p.refobjsubid = a.attnum
                AND p.classid = 'pg_class'::regclass AND p.deptype = 'i'
        ),
        'identity_sequence_comment', i.comment,
        'identity_sequence_grants', coalesce(i.grants, '[]'),
        'collation', CASE WHEN a.attcollation <> t.typcollation THEN (
            SELECT quote_ident(o.collname) FROM pg_collation AS o WHERE o.oid = a.attcollation
        ) END,
        'comment', col_description(a.attrelid, a.attnum),
        'storage', CASE WHEN a.attstorage <> t.typstorage THEN
            CASE a.attstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'm' THEN 'main' ELSE 'extended' END
        END,
        'compression', CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END,
        'statistics_target', nullif(a.attstattarget, -1),
        'options', coalesce(to_jsonb(a.attoptions), '[]'),
        'grants', coalesce(g.list, '[]')
    ) ORDER BY a.attnum) AS list
    FROM relations AS r
    JOIN pg_attribute AS a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type AS t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    LEFT JOIN grants AS g ON g.classid = r.tableoid AND g.objid = a.attrelid AND g.subid = a.attnum
    LEFT JOIN LATERAL (
        SELECT obj_description(p.objid, 'pg_class') AS comment, s.list AS grants
        FROM pg_depend AS p
        LEFT JOIN grants AS s ON s.classid = p.classid AND s.objid = p.objid AND s.subid = 0
        WHERE p.refclassid = 'pg_class'::regclass AND p.refobjid = a.attrelid AND p.refobjsubid = a.attnum
            AND p.classid = 'pg_class'::regclass AND p.deptype = 'i'
    ) AS i ON a.attidentity <> ''
    GROUP BY a.attrelid
),
constraints AS (
    SELECT c.conrelid AS relid, jsonb_object_agg(c.conname, jsonb_build_object(
        'kind', CASE c.contype
            WHEN 'p' THEN 'primary key' WHEN 'u' THEN 'unique' WHEN 'f' THEN 'foreign key' WHEN 'c' THEN 'check'
            ELSE 'exclusion'
        END,
        -- What a validation changes stands in `validated`.
        'definition', regexp_replace(pg_get_constraintdef(c.oid), ' NOT VALID$', ''),
        'validated', c.convalidated,
        -- A restore that disables triggers, and breaks off, leaves foreign keys that nobody watches.
        'enforced', NOT EXISTS (
            SELECT FROM pg_trigger AS t
            WHERE t.tgconstraint = c.oid AND t.tgenabled <> 'O'
        ),
        'index_options', CASE WHEN c.contype <> 'f' THEN (
            SELECT nullif(concat_ws(', ', array_to_string(x.reloptions, ', '), 'tablespace ' || s.spcname,
                CASE WHEN i.indisclustered THEN 'clustered' END), '')
            FROM pg_class AS x
            JOIN pg_index AS i ON i.indexrelid = x.oid
            LEFT JOIN pg_tablespace AS s ON s.oid = x.reltablespace
            WHERE x.oid = c.conindid
        ) END,
        'comment', obj_description(c.oid, 'pg_constraint'),
        'index_comment', CASE WHEN c.contype <> 'f' THEN obj_description(c.conindid, 'pg_class') END
    )) AS list
    FROM relations AS r
    JOIN pg_constraint AS c ON c.conrelid = r.oid
    -- NOT NULL, in this catalog since PostgreSQL 18, is a property of its column; constraint triggers are triggers.
    WHERE c.contype IN ('p', 'u', 'f', 'c', 'x')
    GROUP BY c.conrelid
),
indexes AS (
    SELECT i.indrelid AS relid, jsonb_object_agg(c.relname, jsonb_build_object(
        -- From USING on: the name is the key, and a table's name is no part of what an index is.
        'definition', substr(def.text, strpos(def.text, ' USING ' || m.amname) + 1),
        'unique', i.indisunique,
        'valid', i.indisvalid AND i.indisready AND i.indislive,
        'clustered', i.indisclustered,
        'tablespace', s.spcname,
        'comment', obj_description(c.oid, 'pg_class')
    )) AS list
    FROM relations AS r
    JOIN pg_index AS i ON i.indrelid = r.oid
    JOIN pg_class AS c ON c.oid = i.indexrelid
    JOIN pg_am AS m ON m.oid = c.relam
    LEFT JOIN pg_tablespace AS s ON s.oid = c.reltablespace
    CROSS JOIN LATERAL (SELECT pg_get_indexdef(c.oid, 0, true) AS text) AS def
    WHERE NOT EXISTS (
        SELECT FROM pg_constraint AS o
        WHERE o.conindid = i.indexrelid AND o.contype IN ('p', 'u', 'x') AND o.conrelid = i.indrelid
    )
    GROUP BY i.indrelid
),
triggers AS (
    SELECT t.tgrelid AS relid, jsonb_object_agg(t.tgname, jsonb_build_object(
        'definition', pg_get_triggerdef(t.oid, true),
        'enabled', (ARRAY['no', 'replica', 'always', 'yes'])[strpos('DRAO', t.tgenabled::text)],
        'comment', obj_description(t.oid, 'pg_trigger')
    )) AS list
    FROM relations AS r
    JOIN pg_trigger AS t ON t.tgrelid = r.oid
    WHERE NOT t.tgisinternal
    GROUP BY t.tgrelid
),
rules AS (
    SELECT w.ev_class AS relid, jsonb_object_agg(w.rulename, jsonb_build_object(
        'definition', pg_get_ruledef(w.oid, true),
        'enabled', (ARRAY['no', 'replica', 'always', 'yes'])[strpos('DRAO', w.ev_enabled::text)],
        'comment', obj_description(w.oid, 'pg_rewrite')
    )) AS list
    FROM relations AS r
    JOIN pg_rewrite AS w ON w.ev_class = r.oid
    WHERE w.rulename <> '_RETURN'
    GROUP BY w.ev_class
),
policies AS (
    SELECT p.polrelid AS relid, jsonb_object_agg(p.polname, jsonb_build_object(
        'command', CASE p.polcmd
            WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert' WHEN 'w' THEN 'update' WHEN 'd' THEN 'delete' ELSE 'all'
        END,
        'permissive', p.polpermissive,
        'roles', (
            SELECT jsonb_agg(named.name ORDER BY named.name COLLATE "C")
            FROM (
                SELECT CASE it.oid WHEN 0 THEN 'public' ELSE coalesce(roles.name, 'the migrating role') END AS name
                FROM unnest(p.polroles) AS it (oid)
                LEFT JOIN roles ON roles.oid = it.oid
            ) AS named
        ),
        'using', pg_get_expr(p.polqual, p.polrelid),
        'check', pg_get_expr(p.polwithcheck, p.polrelid),
        'comment', obj_description(p.oid, 'pg_policy')
    )) AS list
    FROM relations AS r
    JOIN pg_policy AS p ON p.polrelid = r.oid
    GROUP BY p.polrelid
),
statistics AS (
    SELECT s.stxrelid AS relid, jsonb_object_agg(spaces.prefix || quote_ident(s.stxname), jsonb_build_object(
        'definition', pg_get_statisticsobjdef(s.oid),
        'target', nullif(s.stxstattarget, -1),
        'owner', roles.name,
        'comment', obj_description(s.oid, 'pg_statistic_ext')
    )) AS list
    FROM relations AS r
    JOIN pg_statistic_ext AS s ON s.stxrelid = r.oid
    JOIN spaces ON spaces.oid = s.stxnamespace
    LEFT JOIN roles ON roles.oid = s.stxowner
    GROUP BY s.stxrelid
),
tables AS (
    SELECT jsonb_object_agg(r.name, jsonb_build_object(
        'kind', CASE r.relkind
            WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'f' THEN 'foreign table'
            WHEN 'v' THEN 'view' ELSE 'materialized view'
        END,
        'definition', CASE r.relkind
            WHEN 'v' THEN pg_get_viewdef(r.oid, true)
            WHEN 'm' THEN pg_get_viewdef(r.oid, true)
            WHEN 'p' THEN 'PARTITION BY ' || pg_get_partkeydef(r.oid)
            WHEN 'f' THEN (
                SELECT format('SERVER %I', s.srvname)
                FROM pg_foreign_table AS f
                JOIN pg_foreign_server AS s ON s.oid = f.ftserver
                WHERE f.ftrelid = r.oid
            )
        END,
        'persistence', CASE r.relpersistence WHEN 'p' THEN 'logged' WHEN 'u' THEN 'unlogged' ELSE 'temporary' END,
        'populated', r.relispopulated,
        'row_security', r.relrowsecurity,
        'row_security_forced', r.relforcerowsecurity,
        'replica_identity', CASE r.relreplident
            WHEN 'f' THEN 'full'
            WHEN 'n' THEN 'nothing'
            WHEN 'i' THEN (
                SELECT 'index ' || quote_ident(c.relname)
                FROM pg_index AS i
                JOIN pg_class AS c ON c.oid = i.indexrelid
                WHERE i.indrelid = r.oid AND i.indisreplident
            )
            ELSE 'default'
        END,
        'inherits', (
            SELECT coalesce(jsonb_agg(i.inhparent::regclass::text ORDER BY i.inhseqno), '[]')
            FROM pg_inherits AS i
            WHERE i.inhrelid = r.oid
        ),
        'partition', pg_get_expr(r.relpartbound, r.oid),
        'access_method', (SELECT m.amname FROM pg_am AS m WHERE m.oid = r.relam AND m.amname <> 'heap'),
        'tablespace', (SELECT s.spcname FROM pg_tablespace AS s WHERE s.oid = r.reltablespace),
        'options', to_jsonb(coalesce(r.reloptions, '{}') || ARRAY(
            SELECT 'toast.' || o.text
            FROM pg_class AS t, unnest(t.reloptions) AS o (text)
            WHERE t.oid = r.reltoastrelid
        )),
        'comment', obj_description(r.oid, 'pg_class'),
        'owner', roles.name,
        'grants', coalesce(g.list, '[]'),
        'columns', coalesce(columns.list, '[]'),
        'constraints', coalesce(constraints.list, '{}'),
        'indexes', coalesce(indexes.list, '{}'),
        'triggers', coalesce(triggers.list, '{}'),
        'rules', coalesce(rules.list, '{}'),
        'policies', coalesce(policies.list, '{}'),
        'statistics', coalesce(statistics.list, '{}')
    )) AS list
    FROM relations AS r
    LEFT JOIN roles ON roles.oid = r.relowner
    LEFT JOIN grants AS g ON g.classid = r.tableoid AND g.objid = r.oid AND g.subid = 0
    LEFT JOIN columns ON columns.relid = r.oid
    LEFT JOIN constraints ON constraints.relid = r.oid
    LEFT JOIN indexes ON indexes.relid = r.oid
    LEFT JOIN triggers ON triggers.relid = r.oid
    LEFT JOIN rules ON rules.relid = r.oid
    LEFT JOIN policies ON policies.relid = r.oid
    LEFT JOIN statistics ON statistics.relid = r.oid
    WHERE r.relkind <> 'S'
),
sequences AS (
    SELECT jsonb_object_agg(r.name, jsonb_build_object(
        'definition', format(
            'AS %s START %s INCREMENT %s MINVALUE %s MAXVALUE %s CACHE %s%s', format_type(s.seqtypid, NULL),
            s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, CASE WHEN s.seqcycle THEN ' CYCLE' END
        ),
        'owned_by', (
            SELECT o.name || '.' || quote_ident(a.attname)
            FROM pg_depend AS d
            JOIN relations AS o ON o.oid = d.refobjid
            JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
            WHERE d.classid = r.tableoid AND d.objid = r.oid AND d.refclassid = r.tableoid AND d.deptype = 'a'
        ),
        'persistence', CASE r.relpersistence WHEN 'p' THEN 'logged' WHEN 'u' THEN 'unlogged' ELSE 'temporary' END,
        'comment', obj_description(r.oid, 'pg_class'),
        'owner', roles.name,
        'grants', coalesce(g.list, '[]')
    )) AS list
    FROM relations AS r
    JOIN pg_sequence AS s ON s.seqrelid = r.oid
    LEFT JOIN roles ON roles.oid = r.relowner
    LEFT JOIN grants AS g ON g.classid = r.tableoid AND g.objid = r.oid AND g.subid = 0
    WHERE NOT EXISTS (
        -- An identity column's is part of the column.
        SELECT FROM pg_depend AS d
        WHERE d.classid = r.tableoid AND d.objid = r.oid AND d.deptype = 'i'
    )
),
