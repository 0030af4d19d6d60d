//! What one test does, no other test sees.

use sqlx::Executor as _;

#[test]
fn a_test_has_a_database_of_its_own() {
    test_db::run(async |db| {
        db.pool().execute("CREATE TABLE mine ()").await?;
        let name: String = sqlx::query_scalar("SELECT current_database()")
            .fetch_one(db.pool())
            .await?;
        assert_eq!(name, db.name());
        Ok(())
    });
}
