-- Everything that is no table.
schemas AS (
    SELECT jsonb_object_agg(s.nspname, jsonb_build_object(
        'comment', obj_description(s.oid, 'pg_namespace'),
        'owner', roles.name,
        'grants', coalesce(g.list, '[]')
    )) AS list
    FROM spaces AS s
    LEFT JOIN roles ON roles.oid = s.nspowner
    LEFT JOIN grants AS g ON g.classid = 'pg_namespace'::regclass AND g.objid = s.oid
    WHERE ('pg_namespace'::regclass, s.oid) NOT IN (SELECT classid, objid FROM extended)
),
extensions AS (
    SELECT jsonb_object_agg(e.extname, jsonb_build_object(
        'version', e.extversion,
        'schema', n.nspname,
        'comment', obj_description(e.oid, 'pg_extension')
    )) AS list
    FROM pg_extension AS e
    JOIN pg_namespace AS n ON n.oid = e.extnamespace
    WHERE e.extname <> 'plpgsql'
),
-- Without the row types of tables, the array types and the multiranges, which come and go with what they are made of.
own_types AS MATERIALIZED (
    SELECT t.tableoid, t.*, spaces.prefix || quote_ident(t.typname) AS name, roles.name AS owner,
        coalesce(g.list, '[]') AS grants
    FROM pg_type AS t
    JOIN spaces ON spaces.oid = t.typnamespace
    LEFT JOIN pg_class AS c ON c.oid = t.typrelid
    LEFT JOIN roles ON roles.oid = t.typowner
    LEFT JOIN grants AS g ON g.classid = t.tableoid AND g.objid = t.oid
    WHERE t.typtype <> 'm' AND coalesce(c.relkind = 'c', true)
        AND NOT EXISTS (SELECT FROM pg_type AS e WHERE e.typarray = t.oid)
        AND (t.tableoid, t.oid) NOT IN (SELECT classid, objid FROM extended)
),
enums AS (
    SELECT jsonb_object_agg(t.name, jsonb_build_object(
        'labels', (
            SELECT coalesce(jsonb_agg(e.enumlabel ORDER BY e.enumsortorder), '[]')
            FROM pg_enum AS e
            WHERE e.enumtypid = t.oid
        ),
        'comment', obj_description(t.oid, 'pg_type'),
        'owner', t.owner,
        'grants', t.grants
    )) AS list
    FROM own_types AS t
    WHERE t.typtype = 'e'
),
types AS (
    SELECT jsonb_object_agg(t.name, jsonb_build_object(
        'kind', CASE t.typtype WHEN 'd' THEN 'domain' WHEN 'c' THEN 'composite' WHEN 'r' THEN 'range' ELSE 'base' END,
        'definition', CASE t.typtype
            WHEN 'd' THEN concat_ws(
                ' ', format_type(t.typbasetype, t.typtypmod),
                (
                    SELECT 'COLLATE ' || quote_ident(o.collname)
                    FROM pg_collation AS o
                    JOIN pg_type AS b ON b.oid = t.typbasetype
                    WHERE o.oid = t.typcollation AND t.typcollation <> b.typcollation
                ),
                'DEFAULT ' || t.typdefault,
                CASE WHEN t.typnotnull THEN 'NOT NULL' END,
                (
                    SELECT string_agg(
                        format('CONSTRAINT %I %s', c.conname, pg_get_constraintdef(c.oid)), ' '
                        ORDER BY c.conname
                    )
                    FROM pg_constraint AS c
                    WHERE c.contypid = t.oid AND c.contype <> 'n'
                )
            )
            WHEN 'c' THEN (
                SELECT '(' || string_agg(
                    concat_ws(
                        ' ', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
                        'COLLATE ' || CASE WHEN a.attcollation <> b.typcollation THEN quote_ident(o.collname) END
                    ), ', ' ORDER BY a.attnum
                ) || ')'
                FROM pg_attribute AS a
                JOIN pg_type AS b ON b.oid = a.atttypid
                LEFT JOIN pg_collation AS o ON o.oid = a.attcollation
                WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
            )
            WHEN 'r' THEN (
                SELECT format('(subtype = %s)', format_type(x.rngsubtype, NULL))
                FROM pg_range AS x
                WHERE x.rngtypid = t.oid
            )
            ELSE ''
        END,
        'comment', obj_description(t.oid, 'pg_type'),
        'owner', t.owner,
        'grants', t.grants
    )) AS list
    FROM own_types AS t
    WHERE t.typtype <> 'e'
),
functions AS (
    SELECT jsonb_object_agg(
        format('%s%I(%s)', spaces.prefix, p.proname, pg_get_function_identity_arguments(p.oid)),
        jsonb_build_object(
            'kind', CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END,
            'definition', CASE p.prokind
                WHEN 'a' THEN (
                    SELECT format(
                        'SFUNC = %s, STYPE = %s, FINALFUNC = %s, INITCOND = %L, SORTOP = %s', a.aggtransfn,
                        format_type(a.aggtranstype, NULL), a.aggfinalfn, a.agginitval, a.aggsortop::regoperator
                    )
                    FROM pg_aggregate AS a
                    WHERE a.aggfnoid = p.oid
                )
                ELSE pg_get_functiondef(p.oid)
            END,
            'comment', obj_description(p.oid, 'pg_proc'),
            'owner', roles.name,
            'grants', coalesce(g.list, '[]')
        )
    ) AS list
    FROM pg_proc AS p
    JOIN spaces ON spaces.oid = p.pronamespace
    LEFT JOIN roles ON roles.oid = p.proowner
    LEFT JOIN grants AS g ON g.classid = p.tableoid AND g.objid = p.oid
    WHERE (p.tableoid, p.oid) NOT IN (SELECT classid, objid FROM extended)
        -- A range type brings its constructors.
        AND NOT EXISTS (
            SELECT FROM pg_depend AS d
            WHERE d.classid = p.tableoid AND d.objid = p.oid AND d.deptype = 'i'
        )
),
event_triggers AS (
    SELECT jsonb_object_agg(e.evtname, jsonb_build_object(
        'definition', format(
            'ON %s%s EXECUTE FUNCTION %s', e.evtevent,
            ' WHEN TAG IN (' || (
                SELECT string_agg(quote_literal(t), ', ' ORDER BY t)
                FROM unnest(e.evttags) AS t
            ) || ')',
            e.evtfoid::regprocedure
        ),
        'enabled', (ARRAY['no', 'replica', 'always', 'yes'])[strpos('DRAO', e.evtenabled::text)],
        'comment', obj_description(e.oid, 'pg_event_trigger'),
        'owner', roles.name
    )) AS list
    FROM pg_event_trigger AS e
    LEFT JOIN roles ON roles.oid = e.evtowner
    WHERE (e.tableoid, e.oid) NOT IN (SELECT classid, objid FROM extended)
),
publications AS (
    SELECT jsonb_object_agg(p.pubname, jsonb_build_object(
        -- Whatever settings this version knows.
        'definition', (to_jsonb(p) - '{oid,pubname,pubowner}'::text[])::text,
        'tables', (
            SELECT coalesce(jsonb_agg(it.text ORDER BY it.text COLLATE "C"), '[]')
            FROM (
                SELECT concat_ws(
                    ' ', r.prrelid::regclass::text,
                    '(' || (
                        SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
                        FROM pg_attribute AS a
                        WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs)
                    ) || ')',
                    'WHERE ' || pg_get_expr(r.prqual, r.prrelid)
                ) AS text
                FROM pg_publication_rel AS r
                WHERE r.prpubid = p.oid
                UNION ALL
                SELECT 'all tables in schema ' || n.pnnspid::regnamespace
                FROM pg_publication_namespace AS n
                WHERE n.pnpubid = p.oid
            ) AS it
        ),
        'comment', obj_description(p.oid, 'pg_publication'),
        'owner', roles.name
    )) AS list
    FROM pg_publication AS p
    LEFT JOIN roles ON roles.oid = p.pubowner
),
default_privileges AS (
    SELECT jsonb_object_agg(
        concat_ws(
            ' ', CASE d.defaclobjtype
                WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions' WHEN 'T' THEN 'types'
                WHEN 'n' THEN 'schemas' ELSE 'large objects'
            END, 'of', coalesce(roles.name, 'the migrating role'), 'in schema ' || n.nspname
        ),
        jsonb_build_object('grants', coalesce(g.list, '[]'))
    ) AS list
    FROM pg_default_acl AS d
    LEFT JOIN roles ON roles.oid = d.defaclrole
    LEFT JOIN pg_namespace AS n ON n.oid = d.defaclnamespace
    LEFT JOIN grants AS g ON g.classid = d.tableoid AND g.objid = d.oid
),
-- What nobody here uses: enough to see that it is there, whose it is, and that it is another one now. Options of
-- servers, user mappings and subscriptions are left out: they hold passwords.
rare AS (
    SELECT o.tableoid AS classid, o.oid AS objid, o.oprowner AS owner,
        format('%s, %s, result %s', o.oprcode, o.oprrest, format_type(o.oprresult, NULL)) AS definition
    FROM pg_operator AS o JOIN spaces ON spaces.oid = o.oprnamespace
    UNION ALL
    SELECT o.tableoid, o.oid, o.opcowner, format('%s, default %s', format_type(o.opcintype, NULL), o.opcdefault)
    FROM pg_opclass AS o JOIN spaces ON spaces.oid = o.opcnamespace
    UNION ALL
    SELECT o.tableoid, o.oid, o.opfowner, ''
    FROM pg_opfamily AS o JOIN spaces ON spaces.oid = o.opfnamespace
    UNION ALL
    -- The columns of the locale have other names in later versions.
    SELECT o.tableoid, o.oid, o.collowner,
        (to_jsonb(o) - '{oid,collname,collnamespace,collowner,collversion}'::text[])::text
    FROM pg_collation AS o JOIN spaces ON spaces.oid = o.collnamespace
    UNION ALL
    SELECT o.tableoid, o.oid, o.conowner, format('%s, %s to %s', o.conproc, o.conforencoding, o.contoencoding)
    FROM pg_conversion AS o JOIN spaces ON spaces.oid = o.connamespace
    UNION ALL
    SELECT o.tableoid, o.oid, o.cfgowner, (
        SELECT string_agg(
            format('%s %s', m.maptokentype, m.mapdict::regdictionary), ', ' ORDER BY m.maptokentype, m.mapseqno
        )
        FROM pg_ts_config_map AS m
        WHERE m.mapcfg = o.oid
    )
    FROM pg_ts_config AS o JOIN spaces ON spaces.oid = o.cfgnamespace
    UNION ALL
    SELECT o.tableoid, o.oid, o.dictowner, o.dictinitoption
    FROM pg_ts_dict AS o JOIN spaces ON spaces.oid = o.dictnamespace
    UNION ALL
    SELECT o.tableoid, o.oid, NULL, ''
    FROM pg_ts_parser AS o JOIN spaces ON spaces.oid = o.prsnamespace
    UNION ALL
    SELECT o.tableoid, o.oid, NULL, ''
    FROM pg_ts_template AS o JOIN spaces ON spaces.oid = o.tmplnamespace
    UNION ALL
    SELECT o.tableoid, o.oid, NULL, format('%s, %s, %s', o.castfunc::regprocedure, o.castcontext, o.castmethod)
    FROM pg_cast AS o
    UNION ALL
    SELECT o.tableoid, o.oid, NULL, format('%s, %s', o.trffromsql, o.trftosql)
    FROM pg_transform AS o
    UNION ALL
    SELECT o.tableoid, o.oid, o.lanowner, format('%s, trusted %s', o.lanplcallfoid::regprocedure, o.lanpltrusted)
    FROM pg_language AS o
    UNION ALL
    SELECT o.tableoid, o.oid, NULL, o.amhandler::text
    FROM pg_am AS o
    UNION ALL
    SELECT o.tableoid, o.oid, o.fdwowner, format('%s, %s', o.fdwhandler::regprocedure, o.fdwvalidator::regprocedure)
    FROM pg_foreign_data_wrapper AS o
    UNION ALL
    SELECT o.tableoid, o.oid, o.srvowner, (SELECT w.fdwname FROM pg_foreign_data_wrapper AS w WHERE w.oid = o.srvfdw)
    FROM pg_foreign_server AS o
    UNION ALL
    SELECT 'pg_user_mapping'::regclass, o.umid, NULL, ''
    FROM pg_user_mappings AS o
    UNION ALL
    SELECT 'pg_subscription'::regclass, o.oid, o.subowner, ''
    FROM pg_subscription AS o
    WHERE o.subdbid = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
),
others AS (
    SELECT jsonb_object_agg(it.type || ' ' || it.identity, jsonb_build_object(
        'definition', coalesce(r.definition, ''),
        'comment', (
            SELECT d.description
            FROM pg_description AS d
            WHERE d.classoid = r.classid AND d.objoid = r.objid AND d.objsubid = 0
        ),
        'owner', roles.name,
        'grants', coalesce(g.list, '[]')
    )) AS list
    FROM rare AS r
    CROSS JOIN LATERAL pg_identify_object(r.classid, r.objid, 0) AS it
    LEFT JOIN roles ON roles.oid = r.owner
    LEFT JOIN grants AS g ON g.classid = r.classid AND g.objid = r.objid
    -- Lower ones came with the server; a range type brings a cast.
    WHERE r.objid >= 16384 AND (r.classid, r.objid) NOT IN (SELECT classid, objid FROM extended)
        AND NOT EXISTS (
            SELECT FROM pg_depend AS d
            WHERE d.classid = r.classid AND d.objid = r.objid AND d.deptype = 'i'
        )
)
SELECT jsonb_build_object(
    'server_version', current_setting('server_version_num')::int,
    'schemas', coalesce((SELECT list FROM schemas), '{}'),
    'extensions', coalesce((SELECT list FROM extensions), '{}'),
    'enums', coalesce((SELECT list FROM enums), '{}'),
    'types', coalesce((SELECT list FROM types), '{}'),
    'functions', coalesce((SELECT list FROM functions), '{}') - own.names,
    'tables', coalesce((SELECT list FROM tables), '{}') - own.names,
    'sequences', coalesce((SELECT list FROM sequences), '{}'),
    'event_triggers', coalesce((SELECT list FROM event_triggers), '{}'),
    'publications', coalesce((SELECT list FROM publications), '{}'),
    'default_privileges', coalesce((SELECT list FROM default_privileges), '{}'),
    'others', coalesce((SELECT list FROM others), '{}'),
    'ledger', jsonb_build_object(
        'functions', (
            SELECT coalesce(jsonb_object_agg(it.key, it.value), '{}')
            FROM functions, jsonb_each(functions.list) AS it
            WHERE it.key = ANY (own.names)
        ),
        'tables', (
            SELECT coalesce(jsonb_object_agg(it.key, it.value), '{}')
            FROM tables, jsonb_each(tables.list) AS it
            WHERE it.key = ANY (own.names)
        )
    )
)::text
FROM (SELECT coalesce((SELECT ledger.names FROM ledger), '{}') AS names) AS own
