//! Pages of a list, by keyset: the next page begins after the last row of this
//! one, so that its cost does not grow with how far one has read.

use serde::Serialize;

/// How many rows a page holds: 1 to [`PageSize::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageSize(u16);

/// A page of none, or of more than [`PageSize::MAX`] rows.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a page of {0} rows: ask for 1 to {max}", max = PageSize::MAX)]
pub struct PageSizeError(u16);

impl PageSize {
    /// The largest page: what a client can hold without a thought.
    pub const MAX: u16 = 1_000;

    /// Fails outside 1 to [`Self::MAX`].
    pub const fn new(rows: u16) -> Result<Self, PageSizeError> {
        if rows == 0 || rows > Self::MAX {
            return Err(PageSizeError(rows));
        }
        Ok(Self(rows))
    }

    /// The `LIMIT` to ask for: one row more than the page, which tells whether
    /// there is a next one without a second query.
    #[must_use]
    pub fn limit(self) -> i64 {
        i64::from(self.0) + 1
    }
}

impl Default for PageSize {
    /// 100 rows.
    fn default() -> Self {
        Self(100)
    }
}

/// One page and where the next begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Page<T, C> {
    /// The rows, in the order of the list.
    pub items: Vec<T>,
    /// The `after` of the next page; none when this is the last.
    pub next: Option<C>,
}

impl<T, C> Page<T, C> {
    /// The page in `rows`, which were fetched with [`PageSize::limit`];
    /// `cursor` reads the place of a row in the list.
    pub fn new(mut rows: Vec<T>, size: PageSize, cursor: impl FnOnce(&T) -> C) -> Self {
        let size = usize::from(size.0);
        let more = rows.len() > size;
        rows.truncate(size);
        let next = if more { rows.last().map(cursor) } else { None };
        Self { items: rows, next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_page_with_a_row_to_spare_has_a_next_one() {
        let size = PageSize::new(2).unwrap();
        assert_eq!(size.limit(), 3);
        let page = Page::new(vec![1, 2, 3], size, |n| *n);
        assert_eq!((page.items, page.next), (vec![1, 2], Some(2)));
        let page = Page::new(vec![1, 2], size, |n| *n);
        assert_eq!((page.items, page.next), (vec![1, 2], None));
    }

    #[test]
    fn a_page_has_bounds() {
        assert_eq!(PageSize::new(0), Err(PageSizeError(0)));
        assert_eq!(
            PageSize::new(1_001).unwrap_err().to_string(),
            "a page of 1001 rows: ask for 1 to 1000"
        );
    }
}
