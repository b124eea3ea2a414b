module wasmplugin

go 1.24
