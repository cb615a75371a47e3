//! Whether this machine runs on its battery: then no encoder is trained. Where that cannot be told, it does not.

use std::{fs, path::Path};

pub(crate) fn on_battery() -> bool {
    cfg!(target_os = "linux") && discharging(Path::new("/sys/class/power_supply"))
}

/// As Linux tells it: a folder a supply.
fn discharging(supplies: &Path) -> bool {
    let Ok(entries) = fs::read_dir(supplies) else { return false };
    let is = |path: &Path, name: &str, what: &str| {
        fs::read_to_string(path.join(name)).is_ok_and(|found| found.trim().eq_ignore_ascii_case(what))
    };
    // A mouse has a battery, too: its scope is a device.
    let battery =
        |path: &Path| is(path, "type", "Battery") && !is(path, "scope", "Device") && is(path, "status", "Discharging");
    entries.flatten().any(|entry| battery(&entry.path()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_battery_that_discharges() {
        let folder = tempfile::TempDir::new().unwrap();
        let supply = |name: &str, files: &[(&str, &str)]| {
            let path = folder.path().join(name);
            fs::create_dir_all(&path).unwrap();
            files.iter().for_each(|(file, content)| fs::write(path.join(file), content).unwrap());
        };
        assert!(!discharging(&folder.path().join("nowhere")) && !discharging(folder.path()));
        supply("AC", &[("type", "Mains\n"), ("online", "0\n")]);
        supply("hidpp_battery_0", &[("type", "Battery\n"), ("scope", "Device\n"), ("status", "Discharging\n")]);
        supply("BAT0", &[("type", "Battery\n"), ("status", "Charging\n")]);
        assert!(!discharging(folder.path()));
        supply("BAT0", &[("type", "Battery\n"), ("status", "Discharging\n")]);
        assert!(discharging(folder.path()));
    }
}
