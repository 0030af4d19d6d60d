//! The same forty tests on `#[sqlx::test]`.

macro_rules! forty {
    ($($name:ident)*) => { $(
        #[sqlx::test(migrations = "../../../migrations")]
        async fn $name(pool: sqlx::PgPool) -> sqlx::Result<()> {
            let mut conn = pool.acquire().await?;
            sqlx::query("INSERT INTO users (oidc_sub, email, name) VALUES ('a', 'a@example.org', 'A')")
                .execute(&mut *conn)
                .await?;
            let users: i64 = sqlx::query_scalar("SELECT count(*) FROM users")
                .fetch_one(&mut *conn)
                .await?;
            assert_eq!(users, 1);
            Ok(())
        }
    )* };
}
include!("forty.in");
