//! Forty tests on a database of `test-db`, each of which writes and reads a row.

macro_rules! forty {
    ($($name:ident)*) => { $(
        #[test]
        fn $name() {
            test_db::run(async |db| {
                let mut conn = db.pool().acquire().await?;
                sqlx::query("INSERT INTO users (oidc_sub, email, name) VALUES ('a', 'a@example.org', 'A')")
                    .execute(&mut *conn)
                    .await?;
                let users: i64 = sqlx::query_scalar("SELECT count(*) FROM users")
                    .fetch_one(&mut *conn)
                    .await?;
                assert_eq!(users, 1);
                Ok(())
            });
        }
    )* };
}
include!("forty.in");
