//! The numbers of a junit report.

/// How many tests ran and how many of them failed, from the head of nextest's report.
pub(super) fn count(report: &str) -> Option<(u64, u64)> {
    let (_, rest) = report.split_once("<testsuites ")?;
    let (head, _) = rest.split_once('>')?;
    let number = |name: &str| -> Option<u64> {
        let (_, value) = head.split_once(&format!("{name}=\""))?;
        value.split_once('"')?.0.parse().ok()
    };
    Some((number("tests")?, number("failures")? + number("errors")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_and_errors_count_as_failed() {
        let report = "<?xml version=\"1.0\"?>\n<testsuites name=\"nextest-run\" tests=\"63\" failures=\"2\" errors=\"1\" uuid=\"x\">\n<testsuite tests=\"5\">";
        assert_eq!(count(report), Some((63, 3)));
        assert_eq!(count("<testsuites tests=\"1\">"), None);
        assert_eq!(count(""), None);
    }
}
