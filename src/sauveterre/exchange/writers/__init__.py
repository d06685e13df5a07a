"""The forms that leave: one file each. ``package.write_package`` puts a country's package together."""
