"""People and their roles: 名单, 我是, 同意, 停用, 启用, 任命, 免去, 交接, 默认."""
