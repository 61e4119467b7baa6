//! The address of a file: its path, and after `?` how to open it.

use std::time::Duration;

use workflow_core::error::{ErrorKind, StoreError};
use workflow_core::store::Durability;

use super::SqliteOptions;

fn refuse(why: String) -> StoreError {
    StoreError::new(ErrorKind::Unsupported, why)
}

/// Takes an address apart that says `sqlite:` no more.
pub(super) fn read(address: &str) -> Result<(&str, SqliteOptions), StoreError> {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let mut options = SqliteOptions::default();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        take(&mut options, pair)?;
    }
    Ok((path, options))
}

fn take(options: &mut SqliteOptions, pair: &str) -> Result<(), StoreError> {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    let number = || value.parse::<u32>().map_err(|_| refuse(format!("`{pair}`: write a whole number")));
    let truth = || match value {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(refuse(format!("`{pair}`: write `true` or `false`"))),
    };
    match name {
        "durability" => {
            options.durability = match value {
                "process" => Durability::Process,
                "power_cut" => Durability::PowerCut,
                _ => return Err(refuse(format!("`{pair}`: write `process` or `power_cut`"))),
            }
        }
        "busy_timeout" => options.busy_timeout = Duration::from_millis(number()?.into()),
        "readers" => options.readers = usize::try_from(number()?).unwrap_or(usize::MAX),
        "create" => options.create = truth()?,
        "inside_host_database" => options.inside_host_database = truth()?,
        _ => {
            let names = "`durability`, `busy_timeout`, `readers`, `create` and `inside_host_database`";
            return Err(refuse(format!("`{pair}` means nothing; there are {names}")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_the_options_do() {
        let (path, options) = read(
            "a b/practice.db?durability=process&busy_timeout=1500&readers=2&create=false&inside_host_database=true",
        )
        .unwrap();
        assert_eq!(path, "a b/practice.db");
        assert_eq!((options.durability, options.busy_timeout), (Durability::Process, Duration::from_millis(1500)));
        assert_eq!((options.readers, options.create, options.inside_host_database), (2, false, true));
        let (path, options) = read("practice.db").unwrap();
        assert_eq!((path, options.durability, options.create), ("practice.db", Durability::PowerCut, true));
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_words() {
        for (address, word) in [
            ("p?durability=ever", "power_cut"),
            ("p?busy_timeout=soon", "whole number"),
            ("p?create=yes", "true"),
            ("p?colour=red", "colour"),
            ("p?readers", "whole number"),
        ] {
            let error = read(address).expect_err(address);
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{address}");
            assert!(error.to_string().contains(word), "{address}: {error}");
        }
    }
}
