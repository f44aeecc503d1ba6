module example.com/gogym

go 1.23
